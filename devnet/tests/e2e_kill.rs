//! SIGKILL of enclave and host at every await of provision and call.
//!
//! The points are learned from traces of undisturbed runs, and each is tried with a growing count until a run passes it less often. Whatever
//! is killed: no use without an intent that was durable before it, no two uses of one call (its bytes are sent again, twice), nothing lost
//! that was acknowledged, and the vault works again.

mod kill;
mod tap;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use devnet::storefront::{DEMO_SHOP, DEMO_TOKEN};
use devnet::world::{Said, World};
use kill::{BOTH, Victim, died, durable, passes, ready, start_enclave, start_host, until_dead};
use protocol::cbor;
use protocol::ledger::{Kind, Leaf};
use tap::Recorder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ORDERS: &str = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
/// Undisturbed runs that are traced: the first in an enclave that just started, which has to ask for everything.
const BASELINES: usize = 2;
/// Runs that may pass a point less often than a traced run did, for heads move while they run.
const TRIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Provision,
    Call,
}

/// Entries of the ledger on disk.
#[derive(Clone, Copy, Debug, Default)]
struct Entries {
    all: u64,
    intents: u64,
}

struct Sweep {
    world: World,
    recorder: Recorder,
    host: SocketAddr,
    operation: Operation,
    serial: usize,
    receipts: Vec<String>,
    /// At the end of the last case.
    entries: Entries,
    journal: usize,
    kills: BTreeMap<(Victim, String), u64>,
    replays: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_anywhere_in_a_call_uses_nothing_without_intent_and_nothing_twice() {
    sweep(Operation::Call).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_anywhere_in_a_provision_loses_nothing_acknowledged() {
    sweep(Operation::Provision).await.unwrap();
}

async fn sweep(operation: Operation) -> Result<()> {
    let since = Instant::now();
    let dir = tempfile::tempdir()?;
    let mut world = World::new(dir.path(), &kill::program(dir.path())?).await?;
    let recorder = Recorder::default();
    let host: SocketAddr = world.url().trim_start_matches("http://").parse()?;
    tap::call_through(dir.path(), recorder.tcp(["to host", "from host"], host).await?)?;
    world.token_file(DEMO_TOKEN)?;
    start_enclave(&mut world, &[]).await?;
    start_host(&mut world).await?;
    world.genesis().await?;
    world.unlock().await?;
    world.portfolio().await?;
    world.grant("operator", &["--operation", "vault.provision"]).await?;
    world.grant("caller", &["--operation", "shopify.query.orders"]).await?;
    let mut sweep = Sweep {
        world,
        recorder,
        host,
        operation,
        serial: 0,
        receipts: Vec::new(),
        entries: Entries::default(),
        journal: 0,
        kills: BTreeMap::new(),
        replays: 0,
    };
    sweep.settle().await?;
    let points = sweep.learn().await?;
    ensure!(points.keys().any(|(victim, _)| *victim == Victim::Host), "the host passed no point");
    ensure!(points.keys().any(|(_, point)| point == "call.sending"), "the enclave sent nothing");
    println!("{operation:?}: ready after {:.0} s", since.elapsed().as_secs_f64());
    for ((victim, point), passes) in &points {
        sweep.point(*victim, point, *passes).await.with_context(|| format!("{operation:?}: {victim:?} killed at {point}"))?;
    }
    sweep.end().await?;
    for ((victim, point), kills) in &sweep.kills {
        println!("{operation:?}: {victim:?} {point}: {kills}");
    }
    println!(
        "{operation:?}: {} kills at {} points, {} replays, {} receipts, {} entries of which {} intents, {} uses; {:.0} s",
        sweep.kills.values().sum::<u64>(),
        sweep.kills.len(),
        sweep.replays,
        sweep.receipts.len(),
        sweep.entries.all,
        sweep.entries.intents,
        sweep.journal,
        since.elapsed().as_secs_f64(),
    );
    Ok(())
}

impl Sweep {
    /// The points that the operation passes, and how often.
    async fn learn(&mut self) -> Result<BTreeMap<(Victim, String), u64>> {
        let mut most = BTreeMap::new();
        self.start_cold().await?;
        for _ in 0..BASELINES {
            for victim in BOTH {
                victim.trace_anew(&self.world.dir);
            }
            let name = self.next();
            let said = self.attempt(&name).await?;
            ensure!(said.code == 0, "undisturbed, and yet: {}{}", said.out, said.error);
            for victim in BOTH {
                // Provisioning is a call to the vault itself: the same kind of conversation.
                for (point, count) in passes(&victim.traced(&self.world.dir), |point| point.starts_with("call.")) {
                    let known: &mut u64 = most.entry((victim, point)).or_default();
                    *known = count.max(*known);
                }
            }
        }
        Ok(most)
    }

    /// An enclave that remembers nothing but what the ledger says.
    async fn start_cold(&mut self) -> Result<()> {
        self.world.kill_enclave();
        start_enclave(&mut self.world, &[]).await?;
        self.world.unlock().await?;
        ready(&self.world).await
    }

    fn next(&mut self) -> String {
        self.serial += 1;
        match self.operation {
            Operation::Provision => format!("1:0x{:064x}", self.serial),
            Operation::Call => World::store(),
        }
    }

    /// The operation, once. What it acknowledges is remembered.
    async fn attempt(&mut self, store: &str) -> Result<Said> {
        let receipt = format!("{}.receipt", self.receipts.len());
        let said = match self.operation {
            Operation::Provision => self.world.try_add_store(store, &receipt).await?,
            Operation::Call => call(&self.world, store, &receipt).await?,
        };
        if said.code == 0 {
            self.receipts.push(receipt);
        }
        Ok(said)
    }

    async fn point(&mut self, victim: Victim, point: &str, passes: u64) -> Result<()> {
        let (mut count, mut missed) = (1, 0);
        loop {
            let died = self.case(victim, point, count).await.with_context(|| format!("time {count}"))?;
            if died {
                (count, missed) = (count + 1, 0);
                *self.kills.entry((victim, point.to_owned())).or_default() += 1;
                continue;
            }
            missed += 1;
            if count > passes || missed >= TRIES {
                break;
            }
            self.start_cold().await?;
        }
        ensure!(count > 1, "never reached");
        Ok(())
    }

    /// Arms, operates, and if the victim died, recovers and checks. Says whether it died.
    async fn case(&mut self, victim: Victim, point: &str, count: u64) -> Result<bool> {
        let kill = victim.file(&self.world.dir, "kill");
        let store = self.next();
        let before = self.world.storefront.journal().len();
        victim.trace_anew(&self.world.dir);
        fs::write(&kill, format!("{point}:{count}\n{}\n", self.serial))?;
        let said = self.attempt(&store).await?;
        // Who dies of the last point has answered already.
        let patience = Duration::from_millis(if said.code == 0 { 100 } else { 2_000 });
        let patience = until_dead(&self.world.dir, victim, point, count, patience);
        let died = died(&mut self.world, victim, patience).await?;
        fs::remove_file(&kill)?;
        if !died {
            ensure!(said.code == 0, "nothing died, and yet: {}{}", said.out, said.error);
            return Ok(false);
        }
        match victim {
            Victim::Enclave => self.start_cold().await?,
            Victim::Host => {
                // What the platform saw, the disk has an intent for: now, not only later.
                let (entries, uses) = (entries(&self.world)?, self.world.storefront.journal().len());
                ensure!(entries.intents - self.entries.intents >= u64::try_from(uses - self.journal)?, "a use without an intent");
                start_host(&mut self.world).await?;
            }
        }
        ready(&self.world).await?;
        for _ in 0..2 {
            self.replay().await?;
        }
        let uses = self.world.storefront.journal().len() - before;
        ensure!(uses <= 1, "one call, {uses} uses");
        self.again(&store).await?;
        self.settle().await?;
        Ok(true)
    }

    /// The interrupted operation can be done, or is done; what it made works.
    async fn again(&mut self, store: &str) -> Result<()> {
        let said = self.attempt(store).await?;
        let done = self.operation == Operation::Provision && said.code == 3 && said.out.contains("store.provisioned");
        ensure!(said.code == 0 || done, "it does not work again: {}{}", said.out, said.error);
        if self.operation == Operation::Provision {
            let receipt = format!("{}.receipt", self.receipts.len());
            let said = call(&self.world, store, &receipt).await?;
            ensure!(said.code == 0, "the store does not work: {}{}", said.out, said.error);
            self.receipts.push(receipt);
        }
        Ok(())
    }

    /// Sends the bytes of the last call to the host once more.
    async fn replay(&mut self) -> Result<()> {
        const START: &[u8] = b"POST /v1/request ";
        let flows = self.recorder.flows();
        let request = flows.iter().rev().filter(|(name, _)| *name == "to host").find_map(|(_, flow)| {
            let at = flow.windows(START.len()).rposition(|window| window == START)?;
            flow.get(at..).map(<[u8]>::to_vec)
        });
        let request = request.context("no call was recorded")?;
        let mut stream = TcpStream::connect(self.host).await?;
        stream.write_all(&request).await?;
        let mut answer = [0; 12];
        tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut answer))
            .await
            .context("no answer to a replay")??;
        self.replays += 1;
        Ok(())
    }

    /// Checks the ledger on disk and as it is served, and takes both as what has to be extended.
    async fn settle(&mut self) -> Result<()> {
        let first = self.entries.all == 0;
        if first {
            let said = self.world.try_add_store(&World::store(), "0.receipt").await?;
            ensure!(said.code == 0, "no store: {}{}", said.out, said.error);
            self.receipts.push("0.receipt".to_owned());
        }
        let mut args = vec!["ledger", "verify", "--save", "new.checkpoint"];
        if !first {
            args.extend(["--checkpoint", "saved.checkpoint"]);
        }
        for receipt in self.receipts.iter().rev().take(3) {
            args.extend(["--receipt", receipt]);
        }
        self.world.vault_ok(&args).await?;
        fs::rename(self.world.dir.join("new.checkpoint"), self.world.dir.join("saved.checkpoint"))?;
        self.world.kill_host();
        let (entries, uses) = (entries(&self.world)?, self.world.storefront.journal().len());
        ensure!(entries.intents - self.entries.intents >= u64::try_from(uses - self.journal)?, "a use without an intent");
        (self.entries, self.journal) = (entries, uses);
        start_host(&mut self.world).await?;
        ready(&self.world).await
    }

    /// Every receipt of the sweep, in one ledger.
    async fn end(&mut self) -> Result<()> {
        self.settle().await?;
        let mut args = vec!["ledger", "verify", "--checkpoint", "saved.checkpoint"];
        for receipt in &self.receipts {
            args.extend(["--receipt", receipt]);
        }
        self.world.vault_ok(&args).await?;
        ensure!(self.entries.intents >= u64::try_from(self.journal)?, "more uses than intents");
        Ok(())
    }
}

async fn call(world: &World, store: &str, receipt: &str) -> Result<Said> {
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let args = ["call", "--key", "caller.key", "--store", store, "--receipt", receipt];
    world.vault(&[&args[..], &["-H", "content-type: application/json", "-d", ORDERS, &url]].concat()).await
}

/// What is durable. The host must not be running.
fn entries(world: &World) -> Result<Entries> {
    let mut found = Entries::default();
    for entry in durable(world)? {
        let leaf: Leaf = cbor::decode(&entry.leaf, 1 << 10)?;
        found.all += 1;
        found.intents += u64::from(leaf.kind == Kind::Intent);
    }
    Ok(found)
}
