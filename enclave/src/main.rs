//! The measured image's program: its `/init`, and everything that runs there.
#![expect(clippy::print_stderr, reason = "the console is the only place an enclave can say why it stops")]

use std::process::ExitCode;
use std::sync::Arc;

use enclave::{Config, Listen, NsmDevice, Silent, Ticks, init, run};

/// Port for conversations.
const PORT: u32 = 5_000;
/// The host's port for egress.
const RELAY: u32 = 5_001;

type Stopped = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let first = init::is_first();
    let stopped = if first { boot() } else { start(Ticks::Module, false) };
    if let Err(error) = &stopped {
        eprintln!("enclave stops: {error}");
    }
    if first {
        init::end();
    }
    if stopped.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As the first process.
fn boot() -> Result<(), Stopped> {
    let ticks = init::prepare()?;
    if ticks == Ticks::Module {
        eprintln!("enclave: the kernel's clock is not a listed one; the security module is asked for the time");
    }
    start(ticks, true)
}

fn start(ticks: Ticks, first: bool) -> Result<(), Stopped> {
    let nsm = Arc::new(NsmDevice::open()?);
    let config = Config {
        listen: Listen::Vsock { port: PORT, relay: RELAY },
        roots: Arc::new(init::roots()?),
        ticks,
        observer: Arc::new(Silent),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        if first {
            init::heartbeat().await?;
        }
        Ok(run(nsm, config).await?)
    })
}
