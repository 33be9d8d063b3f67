//! A virtual machine with an enclave image: QEMU's nitro-enclave machine, whose security module signs under the devnet's own root.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use eif_build::{Eif, Measurements};

use super::heartbeat::Heartbeat;
use super::tools::Tools;
use crate::nsm::SoftwareNsmCa;

/// The backend has this long to listen.
const START: Duration = Duration::from_secs(10);
/// Any but the parent's: each machine has a backend of its own.
const GUEST_CID: u32 = 4;
/// A larger buffer loses what a guest writes in more than 32 KiB at once (devnet/qemu/README.md).
const BACKEND_BUFFER: u32 = 28_672;

/// MiB that a guest has unless it is said: what the vault needs, with room.
pub const MEMORY: u32 = 128;

/// What to boot, and how.
#[derive(Clone, Debug)]
pub struct Machine {
    /// QEMU and what belongs to it.
    pub tools: Tools,
    /// The image's file.
    pub image: PathBuf,
    /// Memory in MiB.
    pub memory: u32,
    /// Who signs what the security module states.
    pub signs: Signs,
}

/// Who signs for a machine's security module.
#[derive(Clone, Debug)]
pub enum Signs {
    /// The devnet's authority, which is a client's trust root there.
    Devnet,
    /// Another authority, in this directory.
    Stranger(PathBuf),
    /// Nobody: what QEMU has by itself.
    Nobody,
}

/// A machine that was started.
#[derive(Debug)]
pub struct Booted {
    qemu: Child,
    backend: Child,
    heartbeat: Heartbeat,
    started: Instant,
}

impl Drop for Booted {
    fn drop(&mut self) {
        for child in [&mut self.qemu, &mut self.backend] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Machine {
    /// The image, in [`MEMORY`], with documents that are signed.
    #[must_use]
    pub const fn new(tools: Tools, image: PathBuf) -> Self {
        Self { tools, image, memory: MEMORY, signs: Signs::Devnet }
    }

    /// PCR0, PCR1 and PCR2 of the image, derived from the file as `eif-build pcrs` does.
    ///
    /// # Errors
    /// It is no image.
    pub fn measurements(&self) -> Result<Measurements> {
        let file = fs::read(&self.image).with_context(|| format!("reading {}", self.image.display()))?;
        Ok(Eif::parse(&file).with_context(|| format!("{} is no image", self.image.display()))?.measurements())
    }

    /// Boots in `directory`, with `socket` there as the host's way in and the module's authority in `ca`. Says nothing about whether the
    /// guest comes up.
    ///
    /// # Errors
    /// A process can't be started.
    pub async fn boot(&self, directory: &Path, socket: &str, ca: &SoftwareNsmCa) -> Result<Booted> {
        let heartbeat = Heartbeat::listen(&directory.join(socket))?;
        for stale in [socket, "vhost.sock"] {
            let _ = fs::remove_file(directory.join(stale));
        }
        let log =
            || -> Result<Stdio> { Ok(File::options().create(true).append(true).open(directory.join("enclave.log"))?.into()) };
        // Relative paths: neither program's options can quote a comma or a colon.
        let vm = format!("guest-cid={GUEST_CID},socket=vhost.sock,uds-path={socket},tx-buffer-size={BACKEND_BUFFER}");
        let backend = Command::new(self.tools.backend())
            .args(["--vm", &vm])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log()?)
            .stderr(log()?)
            .spawn()
            .context("starting the vsock backend")?;
        let mut backend = Stopped(Some(backend));
        let since = Instant::now();
        while !directory.join("vhost.sock").exists() {
            ensure!(since.elapsed() < START, "the vsock backend did not start; see {}", directory.join("enclave.log").display());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }

        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let stranger = match &self.signs {
            Signs::Stranger(of) => Some(SoftwareNsmCa::create(of)?),
            Signs::Devnet | Signs::Nobody => None,
        };
        let module = stranger.as_ref().unwrap_or(ca).module(&directory.join("module"), now)?;
        let mut command = Command::new(self.tools.qemu());
        command
            .arg("-L")
            .arg(self.tools.roms())
            .args(["-M", &format!("nitro-enclave,vsock=vsock,id={},parent-id={}", module.id, module.parent)])
            .arg("-kernel")
            .arg(self.image.canonicalize().with_context(|| self.image.display().to_string())?)
            .args(["-chardev", "socket,id=vsock,path=vhost.sock", "-m", &format!("{}M", self.memory)])
            .args(["-accel", "tcg,thread=multi", "-nographic", "-no-reboot"])
            // Where every instruction is translated, those that move strings byte by byte are the slowest way to move them.
            .args(["-cpu", "max,-erms,-fsrm"]);
        if !matches!(self.signs, Signs::Nobody) {
            command.args(["-global", "virtio-nsm-device.sign-key=module/leaf.pem"]);
            command.args(["-global", "virtio-nsm-device.sign-cert=module/leaf.der"]);
            command.args(["-global", &format!("virtio-nsm-device.sign-ca={}", module.authorities("module"))]);
        }
        let started = Instant::now();
        let qemu =
            command.current_dir(directory).stdin(Stdio::null()).stdout(log()?).stderr(log()?).spawn().context("starting QEMU")?;
        let backend = backend.0.take().context("the backend is gone")?;
        Ok(Booted { qemu, backend, heartbeat, started })
    }
}

/// Ends a process that nobody took over.
struct Stopped(Option<Child>);

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Booted {
    /// Process id of QEMU.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.qemu.id()
    }

    /// When QEMU was started.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// From QEMU's start to the guest's heartbeat, if it came.
    #[must_use]
    pub fn heartbeat(&self) -> Option<Duration> {
        self.heartbeat.seen().map(|seen| seen.saturating_duration_since(self.started))
    }

    /// Whether the machine has powered off, or died.
    pub fn ended(&mut self) -> bool {
        self.qemu.try_wait().is_ok_and(|status| status.is_some())
    }
}
