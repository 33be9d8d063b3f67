//! The `pst-vault` command.

mod admin;
mod args;
mod custody;
mod receipts;
mod report;
mod simulation;
mod use_vault;

use anyhow::Result;

pub use args::Cli;
use args::Command;
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
    if let Command::Key { file } = command {
        return admin::key(&file, json);
    }
    let file = VaultFile::load(&vault)?;
    let out = Output { json, devnet: file.is_devnet() };
    let mut connection = Connection::new(file)?;
    if let Some(path) = release {
        connection = connection.of_release(&release::load(&path)?)?;
        out.line(&printable(&format!("ok  {} and {} name one image", path.display(), vault.display())));
    }
    match command {
        Command::Key { .. } => Ok(Exit::Done),
        Command::Status => use_vault::status(&connection, out).await,
        Command::Verify => use_vault::verify(&connection, out).await,
        Command::Call(args) => use_vault::call(&connection, out, args).await,
        Command::Simulate(args) => use_vault::simulate(&connection, out, args).await,
        Command::Store(args) => use_vault::store(&connection, out, args).await,
        Command::Receipt(args) => receipts::check(&connection, out, args).await,
        Command::Ledger(args) => use_vault::ledger(&connection, out, args).await,
        Command::Checkpoint(args) => custody::checkpoint(&connection, out, args).await,
        Command::Genesis(args) => custody::genesis(&connection, out, args).await,
        Command::Unlock(args) => custody::unlock(&connection, out, args).await,
        Command::Anchor(args) => admin::anchor(&connection, out, args).await,
        Command::Portfolio(args) => admin::portfolio(&connection, out, args).await,
        Command::Grant(args) => admin::grant(&connection, out, args).await,
        Command::Pause(args) => admin::pause(&connection, out, args, true).await,
        Command::Unpause(args) => admin::pause(&connection, out, args, false).await,
    }
}
