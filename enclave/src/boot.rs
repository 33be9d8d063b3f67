//! From process start to serving conversations.

use std::io;
use std::sync::Arc;

use attestation_verifier::debug_mode;
use rustls::RootCertStore;
use vault::{Image, Vault};

use crate::clock::{Clock, Ticks};
use crate::egress::Tls;
use crate::entropy::Entropy;
use crate::nsm::{Nsm, NsmError};
use crate::observer::Observer;
use crate::server::{self, Enclave};
use crate::transport::Listen;

/// What an enclave is run with. Nothing in it can be set by the host: the measured image compiles it in.
#[derive(Clone)]
pub struct Config {
    /// Where it listens.
    pub listen: Listen,
    /// Whose certificates platforms may show.
    pub roots: Arc<RootCertStore>,
    /// Who counts the time after boot.
    pub ticks: Ticks,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("listen", &self.listen).field("ticks", &self.ticks).finish_non_exhaustive()
    }
}

/// Why an enclave does not serve.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// PCR0, PCR1 and PCR2 are zero: debug mode, in which the host reads everything.
    #[error("debug mode: PCR0, PCR1 and PCR2 are zero")]
    DebugMode,
    /// The security module failed.
    #[error("security module: {0}")]
    Nsm(#[from] NsmError),
    /// The kernel gives no entropy, or a source gives zeros.
    #[error("no entropy")]
    KernelEntropy,
    /// The socket can't be listened on.
    #[error("listening: {0}")]
    Listen(#[source] io::Error),
    /// The TLS library refuses its configuration.
    #[error("tls configuration")]
    Tls(#[source] rustls::Error),
}

/// Serves conversations until the process ends.
///
/// # Errors
/// See [`BootError`]: before the first conversation, or when the listener breaks.
pub async fn run(nsm: Arc<dyn Nsm>, config: Config) -> Result<(), BootError> {
    let image = nsm.pcrs()?;
    if debug_mode(&image) {
        return Err(BootError::DebugMode);
    }
    let [pcr0, pcr1, pcr2] = image;
    let entropy = Entropy::gather(nsm.as_ref())?;
    let clock = Clock::start(&nsm, config.ticks)?;
    let vault = entropy.with(|rng| Vault::new(&Image { pcr0, pcr1, pcr2 }, rng));
    let tls = Tls::new(&config.roots, clock.clone()).map_err(BootError::Tls)?;
    let listener = config.listen.bind().map_err(BootError::Listen)?;
    let enclave = Arc::new(Enclave { vault, nsm, entropy, clock, tls, config });
    server::serve(&enclave, &listener).await.map_err(BootError::Listen)
}
