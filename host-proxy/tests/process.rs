//! The program itself: its help, its exit on a signal, its restart after a kill.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use protocol::constitution::{CheckpointSigners, Constitution, Contract, Custody, NetworkSpec};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pst-vault-host");

fn start(directory: &Path) -> Child {
    let contract = |n| Contract { address: [n; 20], code_hash: [n; 32] };
    let constitution = Constitution {
        version: protocol::constitution::VERSION,
        network: NetworkSpec::Known { chain_id: 1 },
        store_registry: contract(1),
        vault_registry: contract(2),
        admin: [3; 20],
        custody: Custody::Quorum { threshold: 1, members: vec![vec![4; 65].into()] },
        checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![vec![5; 20].into()] },
    };
    std::fs::write(directory.join("constitution.cbor"), constitution.to_bytes()).unwrap();
    let enclave = format!("unix:{}:5000", directory.join("e.sock").display());
    Command::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0", "--beacon", "http://127.0.0.1:1", "--execution", "http://127.0.0.1:1"])
        .args(["--enclave", &enclave, "--data-dir"])
        .arg(directory.join("data"))
        .arg("--constitution")
        .arg(directory.join("constitution.cbor"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn until_serving(child: &mut Child) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("serving")), "it ended before it served");
    // Whatever else it says must find a reader.
    std::thread::spawn(move || lines.for_each(drop));
}

#[test]
fn help_names_every_option() {
    let output = Command::new(PROGRAM).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for option in [
        "--listen",
        "--enclave",
        "--relay-port",
        "--data-dir",
        "--beacon",
        "--execution",
        "--constitution",
        "--settings",
        "--checkpoint",
        "--map",
        "--tick-ms",
        "--log",
        "vsock:16:5000",
        "/readyz",
    ] {
        assert!(help.contains(option), "{option} in {help}");
    }
}

#[test]
fn starts_again_after_a_kill_and_ends_on_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let mut killed = start(directory.path());
    until_serving(&mut killed);
    // The store is this process's alone.
    let second = start(directory.path()).wait_with_output().unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8(second.stderr).unwrap().contains("store can't be opened"));
    killed.kill().unwrap();
    killed.wait().unwrap();

    let mut child = start(directory.path());
    until_serving(&mut child);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let started = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(!directory.path().join("e.sock_5001").exists());
}
