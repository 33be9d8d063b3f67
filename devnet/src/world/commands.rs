//! What a person would type: `pst-vault` commands against a vault.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::site::Site;
use crate::storefront::DEMO_SHOP;

/// What a `pst-vault` command said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub error: String,
}

impl Said {
    /// Output of a `--json` command.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(self.out.trim()).with_context(|| format!("no JSON: {} {}", self.out, self.error))
    }
}

impl Site {
    /// Runs `pst-vault` with this vault's vault.json.
    ///
    /// # Errors
    /// The program can't be run.
    pub async fn vault(&self, args: &[&str]) -> Result<Said> {
        let output = tokio::process::Command::new(&self.program)
            .arg("pst-vault")
            .arg("--vault")
            .arg(self.dir.join("vault.json"))
            .args(args)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .output()
            .await?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            error: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// As [`Site::vault`], when exit code 0 is expected.
    ///
    /// # Errors
    /// It is another.
    pub async fn vault_ok(&self, args: &[&str]) -> Result<Said> {
        let said = self.vault(args).await?;
        if said.code != 0 {
            bail!("pst-vault {} ended with {}: {}{}", args.join(" "), said.code, said.out, said.error);
        }
        Ok(said)
    }

    /// Signs and gives a checkpoint, then the operator's share, and waits until the vault serves.
    ///
    /// # Errors
    /// It does not come to serve.
    pub async fn unlock(&self) -> Result<()> {
        self.checkpoint().await?;
        self.vault_ok(&["unlock", "--member", "member.key", "--share", "shares/share-0.hex"]).await?;
        Ok(())
    }

    /// Waits for the setup phase, signs the chain's finalized block and gives it to the vault.
    ///
    /// # Errors
    /// The vault refuses it.
    pub async fn checkpoint(&self) -> Result<Said> {
        self.wait_for("waiting_for_checkpoint").await?;
        self.vault_ok(&["checkpoint", "--key", "signer.key", "--beacon", &self.nodes.beacon]).await
    }

    /// Waits until the host tells this phase.
    ///
    /// # Errors
    /// It does not come.
    pub async fn wait_for(&self, phase: &str) -> Result<()> {
        let since = Instant::now();
        loop {
            let said = self.vault(&["--json", "status"]).await?;
            let now = said.json().ok().and_then(|status| Some(status.get("phase")?.as_str()?.to_owned()));
            if now.as_deref() == Some(phase) {
                return Ok(());
            }
            ensure!(since.elapsed() < self.patience(), "the vault is not {phase} but {now:?}: {}", said.error);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Genesis: root key, shares in `shares/`, vault on chain.
    ///
    /// # Errors
    /// It fails.
    pub async fn genesis(&self) -> Result<Said> {
        self.wait_for("waiting_for_checkpoint").await?;
        let guardian = self.accounts.guardian.address.to_string();
        self.vault_ok(&["genesis", "--key", "admin.key", "--shares", "shares", "--guardian", &guardian]).await
    }

    /// Creates a portfolio of the owner and returns its number.
    ///
    /// # Errors
    /// It fails.
    pub async fn portfolio(&self) -> Result<u64> {
        let accounts = &self.accounts;
        let (guardian, servicer) = (accounts.guardian.address.to_string(), accounts.operator.address.to_string());
        let args = ["--json", "portfolio", "create", "--key", "owner.key", "--guardian", &guardian, "--servicer", &servicer];
        let said = self.vault_ok(&args).await?;
        said.json()?.get("portfolio").and_then(Value::as_u64).context("no portfolio")
    }

    /// Grants operations of portfolio 1 to one of the chain's accounts. It is on chain then, and not yet final.
    ///
    /// # Errors
    /// It fails.
    pub async fn give_grant(&self, to: &str, what: &[&str]) -> Result<()> {
        let caller = self.address(to)?;
        let mut args = vec!["grant", "add", "--key", "owner.key", "--portfolio", "1", "--caller", &caller];
        args.extend(what);
        self.vault_ok(&args).await?;
        Ok(())
    }

    /// Waits until the vault's own finalized head is at a slot or beyond, and returns its status.
    ///
    /// # Errors
    /// It does not follow.
    pub async fn reached(&self, slot: u64) -> Result<Value> {
        let since = Instant::now();
        loop {
            let status = self.vault_ok(&["--json", "status"]).await?.json()?;
            if status.pointer("/finalized/slot").and_then(Value::as_u64).is_some_and(|now| now >= slot) {
                return Ok(status);
            }
            ensure!(since.elapsed() < self.patience(), "the vault does not follow the chain: {status}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Address of one of the chain's accounts.
    ///
    /// # Errors
    /// There is no such account.
    pub fn address(&self, name: &str) -> Result<String> {
        let account = self.accounts.all().into_iter().find(|(known, _)| *known == name);
        Ok(account.with_context(|| format!("no account {name}"))?.1.address.to_string())
    }

    /// Provisions a store with the token in the file, whatever comes of it. `store` is as commands name it.
    ///
    /// # Errors
    /// The program can't be run.
    pub async fn try_add_store(&self, store: &str, receipt: &str) -> Result<Said> {
        self.vault(&[
            "store",
            "add",
            "--owner",
            "owner.key",
            "--key",
            "operator.key",
            "--store",
            store,
            "--host",
            DEMO_SHOP,
            "--token",
            "token.txt",
            "--receipt",
            receipt,
        ])
        .await
    }

    /// Writes the token's file, as a merchant would paste it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn token_file(&self, token: &str) -> Result<()> {
        Ok(fs::write(self.dir.join("token.txt"), token)?)
    }
}
