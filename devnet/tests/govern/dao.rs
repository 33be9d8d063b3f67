//! A chain whose clock is moved, and the command.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes};
use devnet::world::{Said, World};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_devnet");
pub(crate) const DAY: u64 = 86_400;

/// A chain, its accounts and a vault.json. No enclave: nothing here asks one.
pub(crate) struct Dao {
    pub(crate) world: World,
    _directory: tempfile::TempDir,
}

impl Dao {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = World::new(directory.path(), PROGRAM.as_ref()).await.unwrap();
        Self { world, _directory: directory }
    }

    pub(crate) async fn run(&self, words: &str) -> Said {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.world.vault(&words).await.unwrap()
    }

    /// What a command says in JSON.
    pub(crate) async fn json(&self, words: &str) -> Value {
        let said = self.run(&format!("--json {words}")).await;
        assert_eq!(said.code, 0, "{words}: {}{}", said.out, said.error);
        said.json().unwrap()
    }

    /// A command that the contract refuses.
    pub(crate) async fn refused(&self, words: &str, reason: &str) {
        let said = self.run(words).await;
        assert_eq!(said.code, 1, "{words}: {}{}", said.out, said.error);
        assert!(said.error.contains(reason), "{words}: {}", said.error);
    }

    pub(crate) fn address(&self, name: &str) -> String {
        self.world.address(name).unwrap()
    }

    /// A portfolio of the owner with this delay.
    pub(crate) async fn portfolio(&self, delay: &str) -> u64 {
        let (guardian, servicer) = (self.address("guardian"), self.address("operator"));
        let made = self
            .json(&format!("portfolio create --guardian {guardian} --servicer {servicer} --delay {delay} --key owner.key"))
            .await;
        made["portfolio"].as_u64().unwrap()
    }

    /// Lets time pass on the chain.
    pub(crate) async fn pass(&self, seconds: u64) {
        let before = self.world.chain.head().timestamp;
        self.world.chain.faults(|faults| faults.clock_offset += i64::try_from(seconds).unwrap());
        let since = Instant::now();
        while self.world.chain.head().timestamp < before + seconds {
            assert!(since.elapsed() < Duration::from_mins(1), "the chain stands still");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends what a command printed, as a Safe would.
    pub(crate) fn send_printed(&self, name: &str, printed: &Value) {
        let accounts = self.world.chain.accounts();
        let (_, account) = accounts.all().into_iter().find(|(known, _)| *known == name).unwrap();
        for transaction in printed["transactions"].as_array().unwrap() {
            let to: Address = transaction["to"].as_str().unwrap().parse().unwrap();
            let data: Bytes = transaction["data"].as_str().unwrap().parse().unwrap();
            assert_eq!(transaction["value"], "0");
            self.world.chain.execute(account, Some(to), data).unwrap();
        }
    }
}

pub(crate) fn store(portfolio: u64, number: u8) -> String {
    format!("{portfolio}:{}", B256::repeat_byte(number))
}
