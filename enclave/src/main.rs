//! The measured image's program.
#![expect(clippy::print_stderr, reason = "the console is the only place an enclave can say why it stops")]

use std::process::ExitCode;
use std::sync::Arc;

use enclave::{Config, Listen, NsmDevice, Silent, run};
use rustls::RootCertStore;

/// Port for conversations.
const PORT: u32 = 5_000;
/// The host's port for egress.
const RELAY: u32 = 5_001;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("enclave stops: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), Box<dyn std::error::Error>> {
    let nsm = Arc::new(NsmDevice::open()?);
    let config = Config {
        listen: Listen::Vsock { port: PORT, relay: RELAY },
        roots: Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
        observer: Arc::new(Silent),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(nsm, config))?;
    Ok(())
}
