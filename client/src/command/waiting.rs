//! Waiting until a change holds for the vault, as its host tells it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use super::effect::Takes;
use super::report::Output;
use crate::chain::Node;
use crate::connection::Connection;

/// A vault that is told of a block by its host has it within a slot or two.
const FOLLOWS: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(200);

/// Waits for a change whose last transaction is in this block, made at this time.
///
/// # Errors
/// The node or the host can't be asked, or the vault does not follow the chain.
pub(super) async fn until_it_holds(
    connection: &Connection,
    node: &Node,
    takes: Takes,
    (block, time): (u64, u64),
    out: Output,
) -> Result<()> {
    match takes {
        Takes::AtOnce => followed(connection, "attested", block).await?,
        Takes::AtFinality | Takes::After(None) => {
            while node.block("finalized").await? < block {
                tokio::time::sleep(PAUSE).await;
            }
            followed(connection, "finalized", block).await?;
        }
        Takes::After(Some(seconds)) => {
            while node.time_of("finalized").await? < time.saturating_add(seconds) {
                tokio::time::sleep(PAUSE).await;
            }
            followed(connection, "finalized", node.block("finalized").await?).await?;
        }
    }
    out.line("it holds: the vault has seen it");
    Ok(())
}

/// Waits until the vault's own head has come to this block.
async fn followed(connection: &Connection, head: &str, block: u64) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < FOLLOWS {
        let status = connection.status().await?;
        let number = status.pointer(&format!("/{head}/block_number")).and_then(Value::as_u64);
        if number.is_some_and(|number| number >= block) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("the vault has not seen block {block} yet; see `pst-vault status`")
}
