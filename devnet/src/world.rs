//! One vault and all that is around it, on one machine: chain and storefront in this process, enclave and host as processes of their own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use anyhow::{Result, ensure};
use client::vault_file::{Release, VaultFile};
use protocol::constitution::Constitution;
use protocol::custody::MemberKey;

use crate::chain::{self, Config, Devnet};
use crate::nsm::{SoftwareNsmCa, measure_executable};
use crate::storefront::{self, DEMO_SHOP, DEMO_TOKEN, Storefront};

mod commands;

pub use commands::Said;

const ANY: &str = "127.0.0.1:0";
/// A process that is started has this long to be of use.
const START: Duration = Duration::from_mins(1);

/// The store that the world's storefront knows, as the vault names it.
pub const SALT: B256 = B256::repeat_byte(0x5a);

/// A running vault and its surroundings.
#[derive(Debug)]
pub struct World {
    /// Everything on disk is here.
    pub dir: PathBuf,
    /// The `devnet` program.
    program: PathBuf,
    /// The local chain.
    pub chain: Devnet,
    /// The platform.
    pub storefront: Storefront,
    chain_served: chain::Served,
    storefront_served: storefront::Served,
    constitution: Constitution,
    listen: SocketAddr,
    enclave: Option<Child>,
    host: Option<Child>,
    /// Seconds that the enclave's clock is ahead of this machine's.
    pub clock: i64,
    /// Socket that the host connects to, if it is not the enclave's own.
    pub through: Option<PathBuf>,
    /// Address that the host's relay connects to, if it is not the storefront's own.
    pub storefront_through: Option<SocketAddr>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill_enclave();
        self.kill_host();
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
        for (name, account) in chain.accounts().all() {
            key_file(&dir.join(format!("{name}.key")), &account.secret)?;
        }
        let member_secret = [0x4d; 32];
        key_file(&dir.join("member.key"), &member_secret)?;
        let member = MemberKey::from_secret(&member_secret)?;
        let accounts = chain.accounts();
        let constitution = chain.constitution(&member.public(), accounts.admin.address, accounts.signer.address);
        fs::write(dir.join("constitution.cbor"), constitution.to_bytes())?;
        let nsm = SoftwareNsmCa::create(&dir.join("nsm"))?;
        let listen = free_address()?;
        let [pcr0, pcr1, pcr2] = measure_executable(program)?.map(hex::encode);
        let file = VaultFile {
            version: 1,
            constitution: hex::encode(constitution.to_bytes()),
            release: Release { pcr0, pcr1, pcr2 },
            url: format!("http://{listen}"),
            execution: Some(chain_served.execution_url.clone()),
            policy: Some(chain.contracts().policy.to_string()),
            devnet_trust_root: Some(hex::encode(nsm.root_der())),
        };
        fs::write(dir.join("vault.json"), serde_json::to_string_pretty(&file)?)?;
        Ok(Self {
            dir: dir.to_owned(),
            program: program.to_owned(),
            chain,
            storefront,
            chain_served,
            storefront_served,
            constitution,
            listen,
            enclave: None,
            host: None,
            clock,
            through: None,
            storefront_through: None,
        })
    }

    /// The vault's id.
    #[must_use]
    pub fn vault_id(&self) -> B256 {
        self.constitution.vault_id()
    }

    /// Base URL of the host.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Beacon API of the chain.
    #[must_use]
    pub fn beacon_url(&self) -> &str {
        &self.chain_served.beacon_url
    }

    /// JSON-RPC of the chain.
    #[must_use]
    pub fn execution_url(&self) -> &str {
        &self.chain_served.execution_url
    }

    /// Where the storefront speaks TLS.
    #[must_use]
    pub fn storefront_address(&self) -> SocketAddr {
        self.storefront_served.https
    }

    /// Where the enclave listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir.join("enclave.sock")
    }

    /// Process id of the enclave.
    #[must_use]
    pub fn enclave_pid(&self) -> Option<u32> {
        self.enclave.as_ref().map(Child::id)
    }

    /// Process id of the host.
    #[must_use]
    pub fn host_pid(&self) -> Option<u32> {
        self.host.as_ref().map(Child::id)
    }

    fn log(&self, name: &str) -> Result<Stdio> {
        Ok(File::options().create(true).append(true).open(self.dir.join(name))?.into())
    }

    /// Starts the enclave process. `more` are further flags of `devnet enclave`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_enclave(&mut self, more: &[&str]) -> Result<()> {
        let socket = self.socket();
        let _ = fs::remove_file(&socket);
        let child = Command::new(&self.program)
            .arg("enclave")
            .arg("--socket")
            .arg(&socket)
            .arg("--nsm")
            .arg(self.dir.join("nsm"))
            .arg("--storefront-ca")
            .arg(self.dir.join("storefront-ca.pem"))
            .args(["--clock", &self.clock.to_string()])
            .args(more)
            .stdin(Stdio::null())
            .stdout(self.log("enclave.log")?)
            .stderr(self.log("enclave.log")?)
            .spawn()?;
        self.enclave = Some(child);
        let since = Instant::now();
        while !socket.exists() {
            ensure!(since.elapsed() < START, "the enclave did not start; see {}", self.dir.join("enclave.log").display());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Starts the host process. `more` are further flags of `devnet host`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_host(&mut self, more: &[&str]) -> Result<()> {
        let socket = self.through.clone().unwrap_or_else(|| self.socket());
        let storefront = self.storefront_through.unwrap_or(self.storefront_served.https);
        let child = Command::new(&self.program)
            .arg("host")
            .args(["--listen", &self.listen.to_string()])
            .args(["--enclave", &format!("unix:{}:5000", socket.display())])
            .arg("--data-dir")
            .arg(self.dir.join("data"))
            .arg("--constitution")
            .arg(self.dir.join("constitution.cbor"))
            .args(["--beacon", self.beacon_url(), "--execution", self.execution_url(), "--tick-ms", "250"])
            .args(["--map", &format!("{DEMO_SHOP}:443={storefront}")])
            .args(more)
            .stdin(Stdio::null())
            .stdout(self.log("host.log")?)
            .stderr(self.log("host.log")?)
            .spawn()?;
        self.host = Some(child);
        let since = Instant::now();
        let url = format!("{}/healthz", self.url());
        while reqwest::get(&url).await.is_err() {
            ensure!(since.elapsed() < START, "the host did not start; see {}", self.dir.join("host.log").display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// SIGKILL to the enclave, if it runs.
    pub fn kill_enclave(&mut self) {
        end(self.enclave.take());
    }

    /// SIGKILL to the host, if it runs.
    pub fn kill_host(&mut self) {
        end(self.host.take());
    }

    /// Whether the enclave has ended.
    pub fn enclave_ended(&mut self) -> bool {
        self.enclave.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    /// Whether the host has ended.
    pub fn host_ended(&mut self) -> bool {
        self.host.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    /// Leaves both processes running when this value goes.
    pub fn leave_running(&mut self) {
        self.enclave = None;
        self.host = None;
    }
}

fn end(child: Option<Child>) {
    if let Some(mut child) = child {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn key_file(path: &Path, secret: &[u8; 32]) -> Result<()> {
    if !path.exists() {
        client::keys::write_secret(path, hex::encode(secret).as_bytes())?;
    }
    Ok(())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(ANY)?.local_addr()?)
}
