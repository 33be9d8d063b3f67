//! A published SDK, as it is, through the adapter.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::raw::{PROGRAM, run};
use crate::stage::{platform, salt, second_stage};

/// The interpreter with the SDK, or nothing (with the reason printed) if it is not installed. Under CI it must be.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/.venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let reason = "devnet/python/.venv is not there: cargo xtask test e2e makes it";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    println!("skipped: {reason}");
    None
}

/// python-amazon-sp-api 2.1.35.
#[test]
fn the_unmodified_python_amazon_sp_api_reads_orders_through_the_adapter() {
    let Some(python) = python() else { return };
    run(async {
        let stage = second_stage().await;
        let (of, store) = (platform("amazon-sp"), salt("sdk"));
        stage.app(of).await;
        let told = stage.store(of, store, true, |_| {}).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let dir = &stage.world.dir;
        let mut adapter = Command::new(PROGRAM)
            .arg("pst-vault")
            .arg("--vault")
            .arg(dir.join("vault.json"))
            .args(["--json", "adapter", "--key", "caller.key", "--ca", "adapter-ca.pem", "--store", &format!("1:{store}")])
            .current_dir(dir)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(adapter.stdout.take().unwrap()).lines();
        let said: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/orders.py");
        let script = [script.to_str().unwrap()];
        let program = |args: &[&str], proxy: &str| {
            let mut program = Command::new(&python);
            program.args(args).current_dir(dir).env("HTTPS_PROXY", proxy).env("https_proxy", proxy).kill_on_drop(true);
            program.env("SSL_CERT_FILE", dir.join("adapter-ca.pem")).env_remove("NO_PROXY").env_remove("no_proxy");
            program
        };
        let proxy = said["proxy"].as_str().unwrap();
        let before = stage.world.platforms.seen(of.name);
        let output = program(&script, proxy).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read["orders"], serde_json::json!(["902-1845936-5435065", "902-8745147-1934268"]));
        assert_eq!((&read["one"], &read["refused"]), (&"Unshipped".into(), &"the vault: not_permitted".into()), "{read}");
        let after = stage.world.platforms.seen(of.name);
        let sent: Vec<_> = after.calls.iter().filter(|asked| asked.text().contains("python-sp-api")).collect();
        assert_eq!(sent.len(), 2, "the two that were permitted");
        assert!(sent.iter().all(|asked| !asked.text().contains("placeholder")), "{sent:?}");
        assert_eq!(after.issued, before.issued, "what the SDK asked for a token came nowhere");
        // What is the vault's own is not for a platform's program, whatever its user may.
        let asked = "import httpx; print(httpx.post('https://vault.internal/v1/simulate').json()['rule'])";
        let output = program(&["-c", asked], proxy).output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "adapter.platforms_only");
        // Without this run's password there is no way in.
        let wrong = proxy.replace("vault:", "vault:x");
        let output = program(&script, &wrong).output().await.unwrap();
        assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("407"));
    });
}
