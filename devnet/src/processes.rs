//! The two processes of a vault, as devnet runs them: its own enclave around the real library, and the real host proxy.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use enclave::{Listen, Observer, Point};
use host_proxy::Hooks;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::signal::unix::{SignalKind, signal};

use crate::nsm::{SoftwareNsm, SoftwareNsmCa, measure_executable};

/// A point at which a process kills itself with SIGKILL: the `count`-th time that it comes by. `@<file>` is read at every point, and counts
/// anew whenever the file changes, so that a process can be told while it runs. A second line `pid <number>` kills that process instead, at
/// a point of this one.
#[derive(Clone, Debug)]
pub enum Kill {
    /// There.
    At(Spot),
    /// Where the file's first line says, if there is a file.
    File(PathBuf),
}

/// `<conversation>.<point>:<count>`.
#[derive(Clone, Debug)]
pub struct Spot {
    point: String,
    count: u64,
}

impl FromStr for Kill {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some(file) => Ok(Self::File(file.into())),
            None => text.parse().map(Self::At),
        }
    }
}

impl FromStr for Spot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (point, count) = text.rsplit_once(':').ok_or("a kill point is <point>:<count>")?;
        Ok(Self { point: point.to_owned(), count: count.parse().map_err(|_| "the count is a number")? })
    }
}

/// Passes of the point to die at.
#[derive(Debug, Default)]
struct Passes {
    /// What the file says, if it is a file that says which point.
    said: String,
    count: u64,
}

impl Kill {
    /// Counts a pass, and says who dies of it.
    fn due(&self, point: &str, passes: &mut Passes) -> Option<u32> {
        let spot = match self {
            Self::At(spot) => Some(spot.clone()),
            Self::File(path) => {
                let said = std::fs::read_to_string(path).unwrap_or_default();
                let spot = said.lines().next().and_then(|line| line.parse().ok());
                if passes.said != said {
                    *passes = Passes { said, count: 0 };
                }
                spot
            }
        };
        let spot = spot.filter(|spot| spot.point == point)?;
        passes.count += 1;
        let other = passes.said.lines().nth(1).and_then(|line| line.strip_prefix("pid ")?.parse().ok());
        (passes.count == spot.count).then(|| other.unwrap_or_else(std::process::id))
    }
}

/// Counts passes, tells them to a file, and kills at the one that was asked for.
#[derive(Debug)]
struct Watch {
    kill: Option<Kill>,
    passes: Mutex<Passes>,
    trace: Option<PathBuf>,
    times: Option<(Instant, PathBuf)>,
}

impl Watch {
    fn new(kill: Option<Kill>, trace: Option<PathBuf>, times: Option<PathBuf>) -> Self {
        Self { kill, passes: Mutex::default(), trace, times: times.map(|path| (Instant::now(), path)) }
    }

    fn pass(&self, point: &str) {
        if let Some((since, path)) = &self.times {
            append(path, &format!("{} {point}\n", since.elapsed().as_nanos()));
        }
        if let Some(trace) = &self.trace {
            append(trace, &format!("{point}\n"));
        }
        let passes = || self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = self.kill.as_ref().and_then(|kill| kill.due(point, &mut passes())) {
            kill(pid);
        }
    }
}

/// A line that could not be written is missing, and whoever reads it sees that.
fn append(path: &Path, line: &str) {
    if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
        let _ = std::io::Write::write_all(&mut file, line.as_bytes());
    }
}

/// SIGKILL: nothing is flushed, no destructor runs. Of this process, nothing goes on behind it.
fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    while pid == std::process::id() {
        std::thread::sleep(Duration::from_secs(1));
    }
}

impl Observer for Watch {
    fn at(&self, conversation: &'static str, point: Point) {
        self.pass(&format!("{conversation}.{point:?}").to_ascii_lowercase());
    }
}

/// Flags of `devnet enclave`.
#[derive(Args, Clone, Debug)]
pub struct EnclaveArgs {
    /// Socket that speaks hybrid vsock
    #[arg(long)]
    pub socket: PathBuf,
    /// Port for conversations
    #[arg(long, default_value_t = 5_000)]
    pub port: u32,
    /// Host's port for egress
    #[arg(long, default_value_t = 5_001)]
    pub relay: u32,
    /// Directory of the software NSM's certificate authority
    #[arg(long)]
    pub nsm: PathBuf,
    /// Certificate authority of the storefront, PEM
    #[arg(long)]
    pub storefront_ca: PathBuf,
    /// Seconds that the module's clock is ahead of the real one
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    pub clock: i64,
    /// File with how many seconds more, read each time: a clock that is moved while the enclave runs
    #[arg(long)]
    pub clock_file: Option<PathBuf>,
    /// `<conversation>.<point>:<count>`, or `@<file>` whose first line says so: die there
    #[arg(long)]
    pub kill: Option<Kill>,
    /// File for the points that were passed
    #[arg(long)]
    pub trace: Option<PathBuf>,
    /// File for the nanoseconds at which points were passed
    #[arg(long)]
    pub times: Option<PathBuf>,
}

/// Runs devnet's enclave: the real library, a software NSM, the storefront's certificate authority instead of the web's.
///
/// # Errors
/// It can't start.
pub async fn enclave(args: EnclaveArgs) -> Result<()> {
    let ca = Arc::new(SoftwareNsmCa::open(&args.nsm)?);
    let image = measure_executable(&std::env::current_exe()?)?;
    // A clock that is moved has to be asked each time.
    let ticks = if args.clock_file.is_some() { enclave::Ticks::Module } else { enclave::Ticks::Kernel };
    let nsm = Arc::new(SoftwareNsm::boot(ca, image, [0; 48], args.clock)?.with_offset_file(args.clock_file));
    let mut roots = RootCertStore::empty();
    roots.add(certificate(&args.storefront_ca)?)?;
    let config = enclave::Config {
        listen: Listen::Unix { path: args.socket, port: args.port, relay: args.relay },
        roots: Arc::new(roots),
        ticks,
        observer: Arc::new(Watch::new(args.kill, args.trace, args.times)),
    };
    enclave::run(nsm, config).await?;
    Ok(())
}

fn certificate(path: &Path) -> Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(path).ok().with_context(|| format!("{} is no certificate", path.display()))
}

/// Flags of `devnet host`.
#[derive(Args, Debug)]
pub struct HostArgs {
    /// The real host proxy's flags
    #[command(flatten)]
    pub config: host_proxy::Config,
    /// `<conversation>.<point>:<count>`, or `@<file>` whose first line says so: die there
    #[arg(long)]
    pub kill: Option<Kill>,
    /// File for the points that were passed
    #[arg(long)]
    pub trace: Option<PathBuf>,
}

/// Runs the real host proxy.
///
/// # Errors
/// It can't start.
pub async fn host(args: HostArgs) -> Result<()> {
    let watch = Watch::new(args.kill, args.trace, None);
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        terminate.recv().await;
    };
    host_proxy::run(args.config, Hooks::new(move |point| watch.pass(point)), shutdown).await?;
    Ok(())
}
