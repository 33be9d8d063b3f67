//! The usual rows of commands against a world.

use anyhow::{Result, ensure};

use super::{SALT, Said, World};
use crate::storefront::DEMO_TOKEN;

impl World {
    /// Grants operations of portfolio 1 to one of the chain's accounts, and waits until that is final for the vault too.
    ///
    /// # Errors
    /// It fails.
    pub async fn grant(&self, to: &str, what: &[&str]) -> Result<()> {
        self.give_grant(to, &[what, &["--wait"]].concat()).await?;
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
}
