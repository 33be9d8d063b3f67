//! `portfolio`.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use anyhow::{Context, Result, ensure};
use contracts_bindings::StoreRegistry::{PortfolioCreated, portfolioOfCall};
use contracts_bindings::admin::{Change, NewPortfolio, RegistryAdmin, Seats};
use contracts_bindings::registry::PortfolioState;
use serde_json::{Value, json};

use super::admin::{node, policy, registry};
use super::args::{ChangeName, PortfolioArgs, PortfolioCommand, SeatArgs};
use super::effect::Takes;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::{span, utc};
use crate::connection::Connection;

pub(super) async fn run(connection: &Connection, out: Output, args: PortfolioArgs) -> Result<Exit> {
    let admin = RegistryAdmin(registry(connection));
    let owner = |portfolio: u64| format!("the owner of portfolio {portfolio}");
    let (plan, send, portfolio) = match args.command {
        PortfolioCommand::Show { portfolio } => return show(connection, out, portfolio).await,
        PortfolioCommand::Create { policy: other, guardian, servicer, delay, send } => {
            let seats = Seats { policy: seat(connection, other)?, guardian, servicer };
            let new = NewPortfolio { vault: connection.vault_id, seats, delay: delay.0 };
            let plan = Plan {
                what: format!("a portfolio with a delay of {}", span(delay.0)),
                by: "whoever is to own it".to_owned(),
                transactions: vec![admin.create_portfolio(new)],
                takes: Takes::AtFinality,
            };
            let delivered = deliver(connection, out, plan, &send).await?;
            let portfolio = delivered.mined.last().map(|mined| created(&mined.logs).context("the transaction made no portfolio"));
            let portfolio = portfolio.transpose()?;
            if let (Some(portfolio), Some(block)) = (portfolio, delivered.block()) {
                out.line(&format!("portfolio {portfolio} created in block {block}"));
            }
            return Ok(delivered.done(out, portfolio.map_or(Value::Null, |portfolio| json!({ "portfolio": portfolio }))));
        }
        PortfolioCommand::Offer { portfolio, to, send } => {
            ensure!(!to.is_zero(), "the zero address accepts nothing; `portfolio withdraw` takes an offer back");
            let plan = Plan {
                what: format!("portfolio {portfolio} offered to {to}, who may accept it once the delay is over"),
                by: owner(portfolio),
                transactions: vec![admin.offer_portfolio(portfolio, to)],
                takes: Takes::after(delay(connection, portfolio).await?),
            };
            (plan, send, portfolio)
        }
        PortfolioCommand::Withdraw { portfolio, send } => {
            let plan = Plan {
                what: format!("the offer of portfolio {portfolio} withdrawn"),
                by: owner(portfolio),
                transactions: vec![admin.withdraw_portfolio(portfolio)],
                takes: Takes::AtOnce,
            };
            (plan, send, portfolio)
        }
        PortfolioCommand::Accept { portfolio, policy: other, guardian, servicer, send } => {
            let seats = Seats { policy: seat(connection, other)?, guardian, servicer };
            let plan = Plan {
                what: format!(
                    "portfolio {portfolio} accepted: a new tenure, and nothing that the old owner granted, proposed or unlocked is left"
                ),
                by: "whom it was offered to".to_owned(),
                transactions: vec![admin.accept_portfolio(portfolio, seats)],
                // The old grants are dead at the attested head already; the new owner's count at finality.
                takes: Takes::AtOnce,
            };
            (plan, send, portfolio)
        }
        PortfolioCommand::Policy(SeatArgs { portfolio, address, send }) => {
            let transaction = admin.propose_policy(portfolio, address);
            (proposed(connection, portfolio, "policy", address, transaction).await?, send, portfolio)
        }
        PortfolioCommand::Guardian(SeatArgs { portfolio, address, send }) => {
            let transaction = admin.set_guardian(portfolio, address);
            (proposed(connection, portfolio, "guardian", address, transaction).await?, send, portfolio)
        }
        PortfolioCommand::Servicer(SeatArgs { portfolio, address, send }) => {
            let transaction = admin.set_servicer(portfolio, address);
            (proposed(connection, portfolio, "servicer", address, transaction).await?, send, portfolio)
        }
        PortfolioCommand::Cancel { portfolio, change, store, send } => {
            let chain_id = connection.constitution.network.chain_id();
            let store = store.map(|store| contracts_bindings::store_id(chain_id, registry(connection), store.origin, store.salt));
            let (change, name) = match change {
                ChangeName::Policy => (Change::Policy, "the change of policy"),
                ChangeName::Guardian => (Change::Guardian, "the change of guardian"),
                ChangeName::Servicer => (Change::Servicer, "the change of servicer"),
                ChangeName::Offer => (Change::Offer, "the offer of the portfolio"),
                ChangeName::Stores => (Change::StoreOffers, "every offer of a store"),
                ChangeName::Status => (Change::Status(store.context("say which store's: --store")?), "the looser status"),
            };
            let plan = Plan {
                what: format!("{name} of portfolio {portfolio} cancelled"),
                by: format!("the guardian or the owner of portfolio {portfolio}"),
                transactions: vec![admin.cancel(portfolio, change)],
                takes: Takes::AtOnce,
            };
            (plan, send, portfolio)
        }
    };
    let delivered = deliver(connection, out, plan, &send).await?;
    Ok(delivered.done(out, json!({ "portfolio": portfolio })))
}

async fn proposed(
    connection: &Connection,
    portfolio: u64,
    seat: &str,
    address: Address,
    transaction: contracts_bindings::Transaction,
) -> Result<Plan> {
    let who = if address.is_zero() { "none".to_owned() } else { address.to_string() };
    Ok(Plan {
        what: format!("{seat} of portfolio {portfolio} to be {who}, unless the guardian cancels it before"),
        by: format!("the owner of portfolio {portfolio}"),
        transactions: vec![transaction],
        takes: Takes::after(delay(connection, portfolio).await?),
    })
}

fn seat(connection: &Connection, other: Option<Address>) -> Result<Address> {
    other.map_or_else(|| policy(connection), Ok)
}

fn created(logs: &Value) -> Option<u64> {
    logs.as_array()?.iter().find_map(|log| {
        let topics = log.get("topics")?.as_array()?;
        let topic = |at: usize| topics.get(at)?.as_str()?.parse::<B256>().ok();
        (topic(0)? == PortfolioCreated::SIGNATURE_HASH)
            .then(|| topic(1))??
            .as_slice()
            .last_chunk()
            .map(|n| u64::from_be_bytes(*n))
    })
}

/// The portfolio as the newest block has it.
pub(super) async fn state(connection: &Connection, portfolio: u64) -> Result<PortfolioState> {
    let state = node(connection)?.read(registry(connection), &portfolioOfCall { portfolio }).await?;
    ensure!(!state.owner.is_zero(), "there is no portfolio {portfolio}");
    Ok(state)
}

/// Its delay, if a node can be asked.
pub(super) async fn delay(connection: &Connection, portfolio: u64) -> Result<Option<u64>> {
    if connection.file.execution.is_none() {
        return Ok(None);
    }
    Ok(Some(state(connection, portfolio).await?.delay.to::<u64>()))
}

async fn show(connection: &Connection, out: Output, portfolio: u64) -> Result<Exit> {
    let state = state(connection, portfolio).await?;
    let now = node(connection)?.time_of("latest").await?;
    for line in described(portfolio, &state, now, connection.vault_id) {
        out.line(&line);
    }
    let pending = |from: u64, to: Address| (from != 0).then(|| json!({ "address": to, "from": from }));
    out.object(json!({
        "portfolio": portfolio, "owner": state.owner, "tenure": state.tenure, "vault": state.vault, "this_vault": state.vault == connection.vault_id,
        "policy": state.policy, "guardian": state.guardian, "servicer": state.servicer, "delay": state.delay.to::<u64>(),
        "paused_until": state.pausedUntil.to::<u64>(), "paused": state.pausedUntil.to::<u64>() > now,
        "next": {
            "policy": pending(state.policyFrom.to(), state.nextPolicy),
            "guardian": pending(state.guardianFrom.to(), state.nextGuardian),
            "servicer": pending(state.servicerFrom.to(), state.nextServicer),
            "owner": pending(state.offeredFrom.to(), state.offeredTo),
        },
    }));
    Ok(Exit::Done)
}

fn described(portfolio: u64, state: &PortfolioState, now: u64, vault: B256) -> Vec<String> {
    let who = |address: Address| if address.is_zero() { "none".to_owned() } else { address.to_string() };
    let mut lines = vec![
        format!("portfolio {portfolio}, tenure {}", state.tenure),
        format!("owner     {}", state.owner),
        format!("policy    {}", state.policy),
        format!("guardian  {}", who(state.guardian)),
        format!("servicer  {}", who(state.servicer)),
        format!("delay     {}", span(state.delay.to::<u64>())),
    ];
    if state.vault != vault {
        lines.push(format!("vault     {}: ANOTHER than the one of vault.json", state.vault));
    }
    let paused: u64 = state.pausedUntil.to();
    if paused > now {
        lines.push(if utc(paused) == "never" { "PAUSED".to_owned() } else { format!("PAUSED until {}", utc(paused)) });
    }
    for (name, next, from) in [
        ("policy", state.nextPolicy, state.policyFrom.to::<u64>()),
        ("guardian", state.nextGuardian, state.guardianFrom.to()),
        ("servicer", state.nextServicer, state.servicerFrom.to()),
    ] {
        if from > now {
            lines.push(format!("pending   {name} {} from {} on; the guardian may cancel it", who(next), utc(from)));
        }
    }
    if !state.offeredTo.is_zero() {
        let from: u64 = state.offeredFrom.to();
        let when = if from > now { format!("may accept from {} on", utc(from)) } else { "may accept now".to_owned() };
        lines.push(format!("offered   to {}, who {when}", state.offeredTo));
    }
    lines
}

#[cfg(test)]
mod tests {
    use alloy_primitives::aliases::U40;

    use super::*;

    #[test]
    fn what_is_pending_is_shown_until_it_holds() {
        let state = PortfolioState {
            owner: Address::repeat_byte(1),
            tenure: 2,
            delay: U40::from(86_400),
            vault: B256::repeat_byte(9),
            policy: Address::repeat_byte(2),
            nextPolicy: Address::repeat_byte(3),
            policyFrom: U40::from(1_000),
            offeredTo: Address::repeat_byte(4),
            offeredFrom: U40::from(2_000),
            pausedUntil: U40::MAX,
            ..PortfolioState::default()
        };
        let lines = described(7, &state, 999, B256::repeat_byte(9)).join("\n");
        for part in [
            "portfolio 7, tenure 2",
            "delay     1 day",
            "guardian  none",
            "PAUSED",
            "policy 0x0303",
            "from 1970-01-01T00:16:40Z on",
            "may accept from",
        ] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        let lines = described(7, &state, 2_000, B256::ZERO).join("\n");
        assert!(!lines.contains("pending") && lines.contains("may accept now") && lines.contains("ANOTHER"), "{lines}");
    }
}
