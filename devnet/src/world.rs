//! One vault and all that is around it, on one machine: chain, storefront and platforms in this process, enclave and host as processes of their own.

use std::fs;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use anyhow::Result;

use crate::chain::{self, Config, Devnet};
use crate::platforms::{self, Platforms};
use crate::storefront::{self, DEMO_SHOP, DEMO_TOKEN, Storefront};

mod commands;
mod site;
mod usual;

pub use commands::Said;
pub use site::{Nodes, Site};

const ANY: &str = "127.0.0.1:0";

/// The store that the world's storefront knows, as the vault names it.
pub const SALT: B256 = B256::repeat_byte(0x5a);

/// A running vault and its surroundings.
#[derive(Debug)]
pub struct World {
    site: Site,
    /// The local chain.
    pub chain: Devnet,
    /// The demo's platform.
    pub storefront: Storefront,
    /// All platforms.
    pub platforms: Platforms,
    platforms_served: platforms::Served,
    _chain_served: chain::Served,
    storefront_served: storefront::Served,
    /// Seconds that [`World::pass`] has moved the clocks.
    pub passed: i64,
    /// Address that the host's relay connects to, if it is not the storefront's own.
    pub storefront_through: Option<SocketAddr>,
}

impl Deref for World {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.site
    }
}

impl World {
    /// Starts chain and storefront, writes keys, constitution and vault.json. Enclave and host are not started yet.
    ///
    /// # Errors
    /// Something can't be started.
    pub async fn new(dir: &Path, program: &Path) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let chain = Devnet::new(Config::new(now), now)?;
        Self::around(dir, program, chain, 0).await
    }

    /// As [`World::new`], around a chain that was made before, with a clock that is ahead.
    ///
    /// # Errors
    /// Something can't be started.
    pub async fn around(dir: &Path, program: &Path, chain: Devnet, clock: i64) -> Result<Self> {
        let any: SocketAddr = ANY.parse()?;
        let chain_served = chain.serve(any, any, clock).await?;
        let storefront = Storefront::new(&dir.join("storefront"))?;
        storefront.set_token(DEMO_SHOP, DEMO_TOKEN);
        let storefront_served = storefront.serve(any, any).await?;
        fs::write(dir.join("storefront-ca.pem"), storefront.ca_pem())?;
        let platforms = Platforms::default();
        let platforms_served = platforms.serve(&dir.join("storefront")).await?;
        let accounts = chain.accounts();
        let constitution = chain.constitution(&Site::member()?, accounts.admin.address, accounts.signer.address);
        let nodes = Nodes { beacon: chain_served.beacon_url.clone(), execution: chain_served.execution_url.clone() };
        let mut site = Site::new(dir, program, &accounts, constitution, chain.contracts().policy, nodes)?;
        site.clock = clock;
        Ok(Self {
            site,
            chain,
            storefront,
            platforms,
            platforms_served,
            _chain_served: chain_served,
            storefront_served,
            passed: 0,
            storefront_through: None,
        })
    }

    /// Beacon API of the chain.
    #[must_use]
    pub fn beacon_url(&self) -> &str {
        &self.site.nodes.beacon
    }

    /// JSON-RPC of the chain.
    #[must_use]
    pub fn execution_url(&self) -> &str {
        &self.site.nodes.execution
    }

    /// Where the storefront speaks TLS.
    #[must_use]
    pub fn storefront_address(&self) -> SocketAddr {
        self.storefront_served.https
    }

    /// File that says how far ahead the clock is of an enclave that was started with `--clock-file` and this.
    #[must_use]
    pub fn clock_file(&self) -> PathBuf {
        self.dir.join("clock")
    }

    /// Lets time pass for the chain, for the platforms, and for an enclave with [`World::clock_file`].
    ///
    /// # Errors
    /// The file can't be written.
    pub fn pass(&mut self, seconds: u32) -> Result<()> {
        self.passed += i64::from(seconds);
        let ahead = self.site.clock + self.passed;
        self.chain.faults(|faults| faults.clock_offset = ahead);
        self.platforms.ahead(ahead);
        // Whoever reads it finds a whole number there.
        let new = self.dir.join("clock.new");
        fs::write(&new, self.passed.to_string())?;
        fs::rename(new, self.clock_file())?;
        // The chain is there at once, and its heads are no older than before.
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        self.chain.tick(now.saturating_add_signed(ahead))?;
        Ok(())
    }

    /// Starts the host process, with a relay that finds the storefront and the platforms. `more` are further flags of `devnet host`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_host(&mut self, more: &[&str]) -> Result<()> {
        let storefront = self.storefront_through.unwrap_or(self.storefront_served.https);
        let mut maps = vec![format!("{DEMO_SHOP}:443={storefront}")];
        let platforms = self.platforms_served.https;
        maps.extend(self.platforms.hosts().iter().map(|host| format!("{host}:443={platforms}")));
        let mut flags: Vec<&str> = maps.iter().flat_map(|map| ["--map", map]).collect();
        flags.extend(more);
        self.site.start_host(&flags).await
    }
}
