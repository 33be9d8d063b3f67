//! The usual rows of commands against a world.

use std::fs;

use anyhow::{Result, ensure};

use super::{SALT, Said, World};
use crate::storefront::{DEMO_SHOP, DEMO_TOKEN};

impl World {
    /// Grants operations of portfolio 1 to one of the chain's accounts, and waits until that is final for the vault too.
    ///
    /// # Errors
    /// It fails.
    pub async fn grant(&self, to: &str, what: &[&str]) -> Result<()> {
        self.grant_final(to, what).await?;
        self.followed().await
    }

    /// Waits until the vault's own finalized head is as new as the chain's is now.
    ///
    /// # Errors
    /// It does not follow.
    pub async fn followed(&self) -> Result<()> {
        self.reached(self.chain.finalized().slot).await?;
        Ok(())
    }

    /// The demo store, as commands name it.
    #[must_use]
    pub fn store() -> String {
        format!("1:{SALT}")
    }

    /// Starts everything and stops where a store is provisioned: the operator may provision, nobody may call yet.
    ///
    /// # Errors
    /// A step fails.
    pub async fn provisioned(&mut self) -> Result<()> {
        self.start_enclave(&[]).await?;
        self.start_host(&[]).await?;
        self.genesis().await?;
        self.unlock().await?;
        self.portfolio().await?;
        self.grant("operator", &["--operation", "vault.provision"]).await?;
        self.add_store().await?;
        Ok(())
    }

    /// Provisions the demo store.
    ///
    /// # Errors
    /// It fails.
    pub async fn add_store(&self) -> Result<Said> {
        self.token_file(DEMO_TOKEN)?;
        let said = self.try_add_store(&Self::store(), "store.receipt").await?;
        ensure!(said.code == 0, "the store was not added: {}{}", said.out, said.error);
        Ok(said)
    }

    /// Provisions a store with the token in the file, whatever comes of it. `store` is as commands name it.
    ///
    /// # Errors
    /// The program can't be run.
    pub async fn try_add_store(&self, store: &str, receipt: &str) -> Result<Said> {
        self.vault(&[
            "store",
            "add",
            "--owner",
            "owner.key",
            "--key",
            "operator.key",
            "--store",
            store,
            "--host",
            DEMO_SHOP,
            "--token",
            "token.txt",
            "--receipt",
            receipt,
        ])
        .await
    }

    /// Writes the token's file, as a merchant would paste it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn token_file(&self, token: &str) -> Result<()> {
        Ok(fs::write(self.dir.join("token.txt"), token)?)
    }
}
