//! The `pst-vault` command.

mod adapter;
mod admin;
mod agent;
mod args;
mod connections;
mod custody;
mod effect;
mod fetch;
mod grant_terms;
mod grants;
mod image;
mod logins;
mod platforms;
mod portfolio;
mod receipts;
mod report;
mod sending;
mod simulation;
mod stops;
mod stores;
mod unlocks;
mod use_vault;
mod waiting;

use anyhow::Result;

pub use args::Cli;
use args::{AgentCommand, Command, StoreCommand};
pub use report::Exit;
use report::Output;

use crate::connection::{Connection, printable};
use crate::release;
use crate::vault_file::VaultFile;

/// Runs one command.
///
/// # Errors
/// It could not be done; nothing was refused by the vault itself, which is [`Exit::Refused`].
pub async fn run(cli: Cli) -> Result<Exit> {
    let Cli { vault, release, json, command } = cli;
    // Keys need no vault.
    if let Command::Key { file } = command {
        return admin::key(&file, json);
    }
    if let Command::Address { file } = command {
        return admin::address(&file, json);
    }
    if let Command::Agent(args::AgentArgs { command: AgentCommand::New { file, curve } }) = command {
        return agent::new(&file, curve, Output { json, devnet: false });
    }
    // Nor does what this build knows of platforms.
    if let Command::Platform(args) = command {
        return platforms::run(Output { json, devnet: false }, args);
    }
    let file = VaultFile::load(&vault)?;
    let out = Output { json, devnet: file.is_devnet() };
    let mut connection = Connection::new(file)?;
    if let Some(path) = release {
        connection = connection.of_release(&release::load(&path)?)?;
        out.line(&printable(&format!("ok  {} and {} name one image", path.display(), vault.display())));
    }
    match command {
        Command::Key { .. } | Command::Address { .. } | Command::Platform(_) => Ok(Exit::Done),
        Command::Status => use_vault::status(&connection, out).await,
        Command::Verify => use_vault::verify(&connection, out).await,
        Command::Call(args) => use_vault::call(&connection, out, args).await,
        Command::Adapter(args) => adapter::run(&connection, out, args).await,
        Command::Simulate(args) => use_vault::simulate(&connection, out, args).await,
        Command::Store(args) => match args.command {
            StoreCommand::Add(args) => use_vault::add_store(&connection, out, *args).await,
            StoreCommand::AddApp(args) => use_vault::add_app(&connection, out, args).await,
            StoreCommand::Offer { stores, to, send } => stores::offer(&connection, out, stores, to, send).await,
            StoreCommand::Withdraw { stores, send } => stores::withdraw(&connection, out, stores, send).await,
            StoreCommand::Accept { stores, to, send } => stores::accept(&connection, out, stores, to, send).await,
            StoreCommand::Status { status, stores, reason, send } => {
                stores::status(&connection, out, status.0, stores, &reason, send).await
            }
            StoreCommand::Show { store } => stores::show(&connection, out, store).await,
        },
        Command::Connection(args) => connections::run(&connection, out, args.command).await,
        Command::Login(args) => logins::run(&connection, out, args.command).await,
        Command::Fetch(args) => fetch::run(&connection, out, args).await,
        Command::Receipt(args) => receipts::run(&connection, out, args).await,
        Command::Ledger(args) => use_vault::ledger(&connection, out, args).await,
        Command::Checkpoint(args) => custody::checkpoint(&connection, out, args).await,
        Command::Genesis(args) => custody::genesis(&connection, out, args).await,
        Command::Unlock(args) => match args.command {
            Some(command) => unlocks::run(&connection, out, command).await,
            None => custody::unlock(&connection, out, args.vault).await,
        },
        Command::Anchor(args) => admin::anchor(&connection, out, args).await,
        Command::Portfolio(args) => portfolio::run(&connection, out, args).await,
        Command::Grant(args) => grants::run(&connection, out, args).await,
        Command::Pause(args) => stops::pause(&connection, out, args, true).await,
        Command::Unpause(args) => stops::pause(&connection, out, args, false).await,
        Command::Breaker(args) => stops::breaker(&connection, out, args).await,
        Command::Image(args) => image::run(&connection, out, args).await,
        Command::Reset(args) => image::reset(&connection, out, args).await,
        Command::Agent(args) => agent::run(&connection, out, args).await,
    }
}
