//! One vault on this machine: its files, its enclave and its host as processes of their own. Which chain it follows is somebody else's matter.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use client::vault_file::{Release, VaultFile};
use protocol::constitution::Constitution;
use protocol::custody::MemberKey;

use crate::chain::Accounts;
use crate::nsm::{SoftwareNsmCa, measure_executable};
use crate::qemu::{Booted, Machine};

/// A process that is started has this long to be of use.
const START: Duration = Duration::from_mins(1);
/// So has one whose enclave is in a machine, where every instruction is translated.
const MACHINE_START: Duration = Duration::from_mins(2);
/// Where the enclave listens.
const SOCKET: &str = "enclave.sock";
/// The custody member's secret.
const MEMBER: [u8; 32] = [0x4d; 32];

/// A chain, as a vault is pointed at it.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// Beacon API.
    pub beacon: String,
    /// JSON-RPC.
    pub execution: String,
}

/// A vault's files and processes.
#[derive(Debug)]
pub struct Site {
    /// Everything on disk is here.
    pub dir: PathBuf,
    /// The `devnet` program.
    pub(super) program: PathBuf,
    /// What a host that is started next is pointed at.
    pub nodes: Nodes,
    constitution: Constitution,
    pub(super) accounts: Accounts,
    listen: SocketAddr,
    /// What the enclave runs in, if it is not a process of its own.
    machine: Option<Machine>,
    enclave: Option<Enclave>,
    host: Option<Child>,
    /// Seconds that the enclave's clock is ahead of this machine's.
    pub clock: i64,
    /// Socket that the host connects to, if it is not the enclave's own.
    pub through: Option<PathBuf>,
}

/// A running enclave.
#[derive(Debug)]
enum Enclave {
    Process(Child),
    Machine(Box<Booted>),
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill_enclave();
        self.kill_host();
    }
}

impl Site {
    /// Writes keys, constitution and vault.json. Nothing is started yet. The platform's certificate authority is expected in
    /// `storefront-ca.pem`.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn new(
        dir: &Path,
        program: &Path,
        accounts: &Accounts,
        constitution: Constitution,
        policy: Address,
        nodes: Nodes,
    ) -> Result<Self> {
        for (name, account) in accounts.all() {
            key_file(&dir.join(format!("{name}.key")), &account.secret)?;
        }
        key_file(&dir.join("member.key"), &MEMBER)?;
        fs::write(dir.join("constitution.cbor"), constitution.to_bytes())?;
        let nsm = SoftwareNsmCa::create(&dir.join("nsm"))?;
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let [pcr0, pcr1, pcr2] = measure_executable(program)?.map(hex::encode);
        let file = VaultFile {
            version: 1,
            constitution: hex::encode(constitution.to_bytes()),
            release: Release { pcr0, pcr1, pcr2 },
            url: format!("http://{listen}"),
            execution: Some(nodes.execution.clone()),
            policy: Some(policy.to_string()),
            devnet_trust_root: Some(hex::encode(nsm.root_der())),
        };
        fs::write(dir.join("vault.json"), serde_json::to_string_pretty(&file)?)?;
        Ok(Self {
            dir: dir.to_owned(),
            program: program.to_owned(),
            nodes,
            constitution,
            accounts: accounts.clone(),
            listen,
            machine: None,
            enclave: None,
            host: None,
            clock: 0,
            through: None,
        })
    }

    /// Public key of the custody member whose secret is in `member.key`.
    ///
    /// # Errors
    /// Never: the secret is a scalar.
    pub fn member() -> Result<[u8; 65]> {
        Ok(MemberKey::from_secret(&MEMBER)?.public())
    }

    /// The vault's constitution.
    #[must_use]
    pub const fn constitution(&self) -> &Constitution {
        &self.constitution
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

    /// Where the enclave listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir.join(SOCKET)
    }

    /// Process id of the enclave, or of the machine that it runs in.
    #[must_use]
    pub fn enclave_pid(&self) -> Option<u32> {
        self.enclave.as_ref().map(|enclave| match enclave {
            Enclave::Process(child) => child.id(),
            Enclave::Machine(booted) => booted.pid(),
        })
    }

    /// The machine that runs, if the enclave runs in one.
    #[must_use]
    pub fn booted(&self) -> Option<&Booted> {
        match &self.enclave {
            Some(Enclave::Machine(booted)) => Some(booted),
            _ => None,
        }
    }

    /// From now on the enclave is this machine's image, and vault.json expects what it measures.
    ///
    /// # Errors
    /// It is no image, or vault.json can't be written.
    pub fn run_in(&mut self, machine: Machine) -> Result<()> {
        let image = machine.measurements()?;
        let path = self.dir.join("vault.json");
        let mut file = VaultFile::load(&path)?;
        let [pcr0, pcr1, pcr2] = [image.pcr0, image.pcr1, image.pcr2].map(hex::encode);
        file.release = Release { pcr0, pcr1, pcr2 };
        fs::write(path, serde_json::to_string_pretty(&file)?)?;
        self.machine = Some(machine);
        Ok(())
    }

    /// The machine that the enclave runs in, to be changed before the next start.
    pub const fn machine(&mut self) -> Option<&mut Machine> {
        self.machine.as_mut()
    }

    /// How long something that must come is waited for.
    pub(super) const fn patience(&self) -> Duration {
        if self.machine.is_some() { MACHINE_START } else { START }
    }

    /// Process id of the host.
    #[must_use]
    pub fn host_pid(&self) -> Option<u32> {
        self.host.as_ref().map(Child::id)
    }

    fn log(&self, name: &str) -> Result<Stdio> {
        Ok(File::options().create(true).append(true).open(self.dir.join(name))?.into())
    }

    /// Starts the enclave process, or its machine. `more` are further flags of `devnet enclave`, which a machine has none of.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_enclave(&mut self, more: &[&str]) -> Result<()> {
        if let Some(machine) = &self.machine {
            ensure!(more.is_empty() && self.clock == 0, "an image takes no flags, and its clock is this machine's");
            let ca = SoftwareNsmCa::open(&self.dir.join("nsm"))?;
            let booted = machine.boot(&self.dir, SOCKET, &ca).await.context("the image does not boot")?;
            self.enclave = Some(Enclave::Machine(Box::new(booted)));
            return Ok(());
        }
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
        self.enclave = Some(Enclave::Process(child));
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
        let child = Command::new(&self.program)
            .arg("host")
            .args(["--listen", &self.listen.to_string()])
            .args(["--enclave", &format!("unix:{}:5000", socket.display())])
            .arg("--data-dir")
            .arg(self.dir.join("data"))
            .arg("--constitution")
            .arg(self.dir.join("constitution.cbor"))
            .args(["--beacon", &self.nodes.beacon, "--execution", &self.nodes.execution, "--tick-ms", "250"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(self.log("host.log")?)
            .stderr(self.log("host.log")?)
            .spawn()?;
        self.host = Some(child);
        let since = Instant::now();
        let url = format!("{}/healthz", self.url());
        while reqwest::get(&url).await.is_err() {
            ensure!(since.elapsed() < self.patience(), "the host did not start; see {}", self.dir.join("host.log").display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// SIGKILL to the enclave, if it runs.
    pub fn kill_enclave(&mut self) {
        if let Some(Enclave::Process(child)) = self.enclave.take() {
            end(Some(child));
        }
    }

    /// SIGKILL to the host, if it runs.
    pub fn kill_host(&mut self) {
        end(self.host.take());
    }

    /// Whether the enclave has ended.
    pub fn enclave_ended(&mut self) -> bool {
        self.enclave.as_mut().is_none_or(|enclave| match enclave {
            Enclave::Process(child) => child.try_wait().is_ok_and(|status| status.is_some()),
            Enclave::Machine(booted) => booted.ended(),
        })
    }

    /// Whether the host has ended.
    pub fn host_ended(&mut self) -> bool {
        self.host.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    /// Leaves both processes running when this value goes. A machine ends with it.
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
