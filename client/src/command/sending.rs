//! A change on chain on its way: sent, printed, or in a batch for a Safe.

use std::fs;

use alloy_primitives::Address;
use anyhow::{Context, Result};
use contracts_bindings::Transaction;
use serde_json::{Map, Value, json};

use super::admin::node;
use super::args::SendArgs;
use super::effect::{Effect, Takes};
use super::report::{Exit, Output};
use super::waiting::until_it_holds;
use crate::chain::{Mined, Node};
use crate::connection::Connection;
use crate::keys::AccountKey;
use crate::verify::now;

/// What is to be changed.
pub(super) struct Plan {
    /// In words, as something that is done: "portfolio 1 paused".
    pub(super) what: String,
    /// Who has to send it.
    pub(super) by: String,
    /// In their order.
    pub(super) transactions: Vec<Transaction>,
    /// When it holds.
    pub(super) takes: Takes,
}

/// What became of it.
pub(super) struct Delivered {
    /// What is in blocks; none if it was only printed.
    pub(super) mined: Vec<Mined>,
    /// The node that it was sent through.
    pub(super) node: Option<Node>,
    what: String,
    object: Map<String, Value>,
    effect: Effect,
}

/// Sends the plan's transactions one after the other, or hands them out.
///
/// # Errors
/// One could not be sent, or failed. Those before it are in blocks.
pub(super) async fn deliver(connection: &Connection, out: Output, plan: Plan, send: &SendArgs) -> Result<Delivered> {
    let Plan { what, by, transactions, takes } = plan;
    let chain_id = connection.constitution.network.chain_id();
    let mut delivered =
        Delivered { mined: Vec::new(), node: None, effect: takes.effect(Some(now()?), false), what, object: Map::new() };
    if let Some(key) = &send.how.key {
        let (key, node) = (AccountKey::load(key)?, node(connection)?);
        for (place, transaction) in transactions.iter().enumerate() {
            let mined = node.send(chain_id, &key, transaction).await;
            delivered.mined.push(mined.with_context(|| sent_so_far(place, transactions.len()))?);
        }
        let block = delivered.block().context("there is nothing to send")?;
        let time = node.time_of(&format!("{block:#x}")).await?;
        delivered.effect = takes.effect(Some(time), true);
        out.line(&format!("{} in block {block}", delivered.what));
        out.line(&delivered.effect.words);
        if send.wait {
            until_it_holds(connection, &node, takes, (block, time), out).await?;
        }
        delivered.object.insert("block".to_owned(), json!(block));
        delivered.object.insert("holds".to_owned(), json!(send.wait));
        delivered.node = Some(node);
    } else {
        out.line(&format!("to be sent by {by}, on chain {chain_id}: {}", delivered.what));
        for transaction in &transactions {
            for line in printed(transaction) {
                out.line(&line);
            }
        }
        if let Some(path) = &send.how.safe {
            let batch = batch(&transactions, chain_id, &delivered.what, now()?);
            fs::write(path, format!("{batch:#}\n")).with_context(|| format!("can't write {}", path.display()))?;
            out.line(&format!("wrote {}: import it in the Safe's Transaction Builder", path.display()));
            delivered.object.insert("batch".to_owned(), json!(path));
        }
        let transactions: Vec<Value> = transactions.iter().map(to_value_data).collect();
        delivered.object.extend([
            ("by".to_owned(), json!(by)),
            ("chain_id".to_owned(), json!(chain_id)),
            ("transactions".to_owned(), json!(transactions)),
        ]);
        out.line(&delivered.effect.words);
    }
    delivered.object.insert("sent".to_owned(), json!(send.how.key.is_some()));
    delivered.object.insert("what".to_owned(), json!(delivered.what));
    delivered.object.insert("effect".to_owned(), delivered.effect.json());
    Ok(delivered)
}

fn sent_so_far(place: usize, all: usize) -> String {
    if place == 0 {
        "nothing was changed".to_owned()
    } else {
        format!("{place} of {all} transactions are in blocks, this one is not")
    }
}

impl Delivered {
    /// Block of the last transaction.
    pub(super) fn block(&self) -> Option<u64> {
        self.mined.last().map(|mined| mined.block)
    }

    /// Says the rest to programs.
    pub(super) fn done(mut self, out: Output, more: Value) -> Exit {
        if let Value::Object(more) = more {
            self.object.extend(more);
        }
        out.object(Value::Object(self.object));
        Exit::Done
    }
}

fn printed(transaction: &Transaction) -> [String; 3] {
    let to = transaction.to.unwrap_or(Address::ZERO);
    [format!("to:    {to}"), "value: 0".to_owned(), format!("data:  {}", transaction.data)]
}

fn to_value_data(transaction: &Transaction) -> Value {
    json!({ "to": transaction.to.map(|to| to.to_checksum(None)), "value": "0", "data": transaction.data })
}

/// A batch as the Transaction Builder of a Safe reads it, version 1.0. Without contract methods it shows the data as it is.
fn batch(transactions: &[Transaction], chain_id: u64, description: &str, now: u64) -> Value {
    json!({
        "version": "1.0",
        "chainId": chain_id.to_string(),
        "createdAt": now.saturating_mul(1_000),
        "meta": { "name": "PST Vault", "description": description },
        "transactions": transactions.iter().map(to_value_data).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use contracts_bindings::admin::RegistryAdmin;

    use super::*;

    #[test]
    fn a_batch_has_a_checksummed_address_no_value_and_the_call_data() {
        let registry: Address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse().unwrap();
        let pause = RegistryAdmin(registry).pause(1, Vec::new());
        let batch = batch(std::slice::from_ref(&pause), 11_155_111, "portfolio 1 paused", 1_795_564_800);
        assert_eq!(
            batch,
            json!({
                "version": "1.0", "chainId": "11155111", "createdAt": 1_795_564_800_000_u64,
                "meta": { "name": "PST Vault", "description": "portfolio 1 paused" },
                "transactions": [{
                    "to": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "value": "0", "data": pause.data.to_string(),
                }],
            })
        );
        assert_eq!(printed(&pause)[0], "to:    0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
        assert_eq!(printed(&pause)[2], format!("data:  {}", pause.data));
    }
}
