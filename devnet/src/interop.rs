//! A vault on a chain that others make: a real execution client under a real beacon state transition, from npm (`devnet/interop`).

mod follower;
mod foreign;
mod helios;
mod nodes;
mod relay;

use std::fs;
use std::path::Path;
use std::time::Duration;

use alloy_primitives::Address;
use anyhow::{Context, Result};
use client::keys::AccountKey;
use client::{Connection, VaultFile};
use minicbor::bytes::ByteVec;
use protocol::constitution::{self, CheckpointSigners, Constitution, Contract, Custody};

use crate::chain::Accounts;
use crate::storefront::{self, DEMO_SHOP, DEMO_TOKEN, Storefront};
use crate::world::Site;

pub use follower::Follower;
pub use foreign::{Block, ForeignChain, Identity};
pub use helios::compare;
pub use nodes::Api;
pub use relay::{Blocks, Lie, Relay};

/// Every key is derived from it.
const SEED: [u8; 32] = [0x17; 32];

/// A vault, its platform, and a chain that neither knows.
#[derive(Debug)]
pub struct Interop {
    /// The vault.
    pub site: Site,
    /// What it follows.
    pub chain: ForeignChain,
    /// Between the two.
    pub relay: Relay,
    storefront: storefront::Served,
}

impl Interop {
    /// Starts the chain, which stays at its beginning, and writes the vault's files. Enclave and host are not started yet.
    ///
    /// # Errors
    /// Something can't be started.
    pub async fn new(dir: &Path, program: &Path, identity: Identity) -> Result<Self> {
        let accounts = Accounts::derive(&SEED)?;
        let chain = ForeignChain::start(&dir.join("chain"), &accounts, identity).await?;
        let relay = Relay::start(chain.nodes(), Blocks::AsAsked).await?;
        let platform = Storefront::new(&dir.join("storefront"))?;
        platform.set_token(DEMO_SHOP, DEMO_TOKEN);
        let storefront = platform.serve("127.0.0.1:0".parse()?, "127.0.0.1:0".parse()?).await?;
        fs::write(dir.join("storefront-ca.pem"), platform.ca_pem())?;
        let constitution = constitution(&chain, &accounts).await?;
        let mut site = Site::new(dir, program, &accounts, constitution, chain.contracts().policy, chain.nodes().clone())?;
        site.nodes = relay.nodes();
        site.token_file(DEMO_TOKEN)?;
        Ok(Self { site, chain, relay, storefront })
    }

    /// Starts enclave and host.
    async fn start(&mut self) -> Result<()> {
        self.site.start_enclave(&[]).await?;
        let map = format!("{DEMO_SHOP}:443={}", self.storefront.https);
        self.site.start_host(&["--map", &map]).await
    }

    /// Does something that waits for blocks, while the chain goes on slot by slot.
    ///
    /// # Errors
    /// It fails, or the chain does.
    pub async fn mined<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(Duration::from_millis(200)) => self.chain.advance(1).await?,
            }
        }
    }

    /// Furnishes the vault while the chain is in its first slots, lets the chain come to its present, and starts the vault's light client
    /// from `checkpoint`: the slot of a block that was signed long before.
    ///
    /// # Errors
    /// A step fails.
    pub async fn serve(&mut self, checkpoint: u64) -> Result<()> {
        self.start().await?;
        self.mined(self.site.genesis()).await?;
        self.mined(self.site.portfolio()).await?;
        self.mined(self.site.give_grant("operator", &["--operation", "vault.provision"])).await?;
        self.mined(self.site.give_grant("caller", &["--operation", "shopify.query.orders"])).await?;
        self.chain.live().await?;
        self.checkpoint(checkpoint).await?;
        self.site.vault_ok(&["unlock", "--member", "member.key", "--share", "shares/share-0.hex"]).await?;
        Ok(())
    }

    /// Signs the block of a slot as checkpoint and gives it to the vault.
    ///
    /// # Errors
    /// The vault refuses it.
    pub async fn checkpoint(&self, slot: u64) -> Result<()> {
        let connection = Connection::new(VaultFile::load(&self.site.dir.join("vault.json"))?)?;
        let block = self.chain.block(&slot.to_string()).await?;
        let checkpoint = protocol::attested::Checkpoint { slot, root: block.root.0.into() };
        let signer = AccountKey::load(&self.site.dir.join("signer.key"))?;
        connection.give_checkpoint(&connection.sign_checkpoint(&signer, checkpoint)?).await
    }
}

/// The constitution of a vault on this chain: custody 1 of 1, checkpoint signers 1 of 1.
async fn constitution(chain: &ForeignChain, accounts: &Accounts) -> Result<Constitution> {
    let node = client::chain::Node::new(&chain.nodes().execution);
    let contract = async |address: Address| -> Result<Contract> {
        Ok(Contract { address: address.into(), code_hash: node.code_hash(address).await?.into() })
    };
    let contracts = chain.contracts();
    Ok(Constitution {
        version: constitution::VERSION,
        network: chain.network()?,
        store_registry: contract(contracts.store_registry).await.context("StoreRegistry")?,
        vault_registry: contract(contracts.vault_registry).await.context("VaultRegistry")?,
        admin: accounts.admin.address.into(),
        custody: Custody::Quorum { threshold: 1, members: vec![ByteVec::from(Site::member()?.to_vec())] },
        checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![ByteVec::from(accounts.signer.address.to_vec())] },
    })
}
