//! What nodes answer, whoever they are.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::world::Nodes;

/// A beacon node and an execution client, to be asked.
#[derive(Clone, Debug)]
pub struct Api {
    nodes: Nodes,
    http: reqwest::Client,
}

impl Api {
    /// At these addresses.
    #[must_use]
    pub fn new(nodes: Nodes) -> Self {
        Self { nodes, http: reqwest::Client::new() }
    }

    /// The addresses.
    #[must_use]
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// A route of the beacon API as JSON.
    ///
    /// # Errors
    /// There is no such thing.
    pub async fn beacon(&self, path: &str) -> Result<Value> {
        Ok(self.http.get(format!("{}{path}", self.nodes.beacon)).send().await?.error_for_status()?.json().await?)
    }

    /// A route of the light-client API as SSZ.
    ///
    /// # Errors
    /// There is no such thing.
    pub async fn ssz(&self, path: &str) -> Result<Vec<u8>> {
        let url = format!("{}/eth/v1/beacon/light_client/{path}", self.nodes.beacon);
        let answer = self.http.get(url).header("accept", "application/octet-stream").send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    /// Posts nothing to a route that is no beacon node's.
    ///
    /// # Errors
    /// It could not be done.
    pub(super) async fn order(&self, path: &str) -> Result<()> {
        self.http.post(format!("{}{path}", self.nodes.beacon)).send().await?.error_for_status()?;
        Ok(())
    }

    /// What the execution client answers.
    ///
    /// # Errors
    /// It refuses.
    pub async fn eth(&self, method: &str, params: Value) -> Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer: Value = self.http.post(&self.nodes.execution).json(&body).send().await?.json().await?;
        answer.get_mut("result").map(Value::take).with_context(|| format!("{method}: {answer}"))
    }
}
