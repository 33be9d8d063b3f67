//! What an enclave does before its first conversation.

use std::sync::Arc;

use devnet::nsm::{SoftwareNsm, SoftwareNsmCa};
use enclave::{BootError, Config, Listen, Silent, Ticks, run};
use rustls::RootCertStore;

#[tokio::test]
async fn t64_stops_in_debug_mode_before_it_listens() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Arc::new(SoftwareNsmCa::create(&dir.path().join("nsm")).unwrap());
    let nsm = Arc::new(SoftwareNsm::boot(ca, [[0; 48]; 3], [0; 48], 0).unwrap());
    let path = dir.path().join("enclave.sock");
    let config = Config {
        listen: Listen::Unix { path: path.clone(), port: 5_000, relay: 5_001 },
        roots: Arc::new(RootCertStore::empty()),
        observer: Arc::new(Silent),
        ticks: Ticks::Kernel,
    };
    assert!(matches!(run(nsm, config).await, Err(BootError::DebugMode)));
    assert!(!path.exists());
}
