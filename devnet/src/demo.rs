//! The demo: one store, one proven call, end to end, as a person would do it with the commands.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::storefront::{DEMO_SHOP, DEMO_TOKEN};
use crate::world::{Said, World};

const ORDERS: &str = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
const ROUTING: &str = r#"{"query":"mutation { shopifyPaymentsPayoutAlternateCurrencyCreate(currency: USD) { success } }"}"#;
const VERSION: &str = "2026-10";

/// The demo under way.
struct Demo<'a> {
    world: &'a mut World,
    rows: Vec<(String, String, f64)>,
}

/// Runs the demo in `dir` with the `devnet` program. `keep` leaves everything running until it is interrupted.
///
/// # Errors
/// A step failed: the error says which.
#[expect(clippy::print_stdout, reason = "the demo tells what it does")]
pub async fn demo(dir: &Path, program: &Path, keep: bool) -> Result<()> {
    println!(
        "PST Vault, end to end on this machine. Everything here is a devnet: it proves how the vault works, and protects nothing.\n"
    );
    let mut world = World::new(dir, program).await?;
    around(&mut world).await?;
    if keep { kept(&world).await } else { Ok(()) }
}

/// The demo's steps with a world that has not started enclave and host yet; they run afterwards.
///
/// # Errors
/// A step failed: the error says which.
pub async fn around(world: &mut World) -> Result<()> {
    let mut demo = Demo { world, rows: Vec::new() };
    demo.run().await
}

impl Demo<'_> {
    #[expect(clippy::print_stdout, reason = "the demo tells what it does")]
    async fn step<T>(&mut self, title: &str, proves: &str, work: impl AsyncFnOnce(&mut World) -> Result<T>) -> Result<T> {
        let number = self.rows.len() + 1;
        println!("{number}. {title}");
        let since = Instant::now();
        let done = work(self.world).await.with_context(|| format!("step {number} failed: {title}"))?;
        let seconds = since.elapsed().as_secs_f64();
        println!("   proves: {proves} ({seconds:.1} s)\n");
        self.rows.push((title.to_owned(), proves.to_owned(), seconds));
        Ok(done)
    }

    #[expect(clippy::too_many_lines, reason = "the steps in their order")]
    async fn run(&mut self) -> Result<()> {
        self.step(
            "Start chain, storefront, enclave and host",
            "four parts talk; the enclave waits for its constitution",
            async |world| {
                world.start_enclave(&[]).await?;
                world.start_host(&[]).await?;
                world.wait_for("waiting_for_checkpoint").await
            },
        )
        .await?;
        self.step(
            "Verify the enclave before anything is sent to it",
            "image, constitution (PCR16) and vault id are the expected ones",
            async |world| show(world, &["verify"]).await.map(|_| ()),
        )
        .await?;
        self.step(
            "Genesis: the enclave makes the root key, its commitment goes on chain",
            "the key exists in the enclave and as a sealed share only",
            async |world| {
                let guardian = world.address("guardian")?;
                show(world, &["genesis", "--key", "admin.key", "--shares", "shares", "--guardian", &guardian]).await.map(|_| ())
            },
        )
        .await?;
        self.step(
            "Checkpoint and unlock",
            "the share opens in this boot of this image only, and the chain confirms the key",
            unlock,
        )
        .await?;
        self.step("Provision a store's token", "the platform confirmed the account; the host stored ciphertext", async |world| {
            let (guardian, operator) = (world.address("guardian")?, world.address("operator")?);
            show(world, &["portfolio", "create", "--key", "owner.key", "--guardian", &guardian, "--servicer", &operator]).await?;
            show(
                world,
                &[
                    "grant",
                    "add",
                    "--key",
                    "owner.key",
                    "--portfolio",
                    "1",
                    "--caller",
                    &operator,
                    "--operation",
                    "vault.provision",
                    "--wait",
                ],
            )
            .await?;
            world.token_file(DEMO_TOKEN)?;
            let store = World::store();
            show(
                world,
                &[
                    "store",
                    "add",
                    "--owner",
                    "owner.key",
                    "--key",
                    "operator.key",
                    "--store",
                    &store,
                    "--host",
                    DEMO_SHOP,
                    "--token",
                    "token.txt",
                ],
            )
            .await
            .map(|_| ())
        })
        .await?;
        self.step("Call without a grant", "the contract's no is the vault's no, with its rule and a receipt", async |world| {
            refused(world, &orders(), "grant.none").await
        })
        .await?;
        self.step("Grant on chain, wait for finality", "a grant takes finality", async |world| {
            let caller = world.address("caller")?;
            show(
                world,
                &[
                    "grant",
                    "add",
                    "--key",
                    "owner.key",
                    "--portfolio",
                    "1",
                    "--caller",
                    &caller,
                    "--operation",
                    "shopify.query.orders",
                    "--operation",
                    "shopify.rest.shop",
                    "--class",
                    "ROUTING",
                    "--capacity",
                    "1000",
                    "--wait",
                ],
            )
            .await?;
            settled(world).await
        })
        .await?;
        self.step("Simulate, then call", "the very same call is now answered with the storefront's orders", async |world| {
            let simulated = show(world, &with(&["simulate"], &orders())).await?;
            ensure!(simulated.out.contains("allowed, at both heads"), "the simulation refuses: {}", simulated.out);
            let said = show(world, &with(&["call", "--receipt", "orders.receipt"], &orders())).await?;
            ensure!(said.out.contains("orders") && said.out.contains("receipt verified"), "no orders: {}", said.out);
            Ok(())
        })
        .await?;
        self.step("Call the path that echoes every header", "no trace of the token comes back, in any form", async |world| {
            let url = format!("https://{DEMO_SHOP}/admin/api/{VERSION}/shop.json");
            let said = show(world, &["call", "--include", "--key", "caller.key", "--store", &World::store(), &url]).await?;
            ensure!(said.out.contains("[redacted]"), "the storefront echoed nothing: {}", said.out);
            ensure!(traces(&said.out).is_none(), "the answer holds the token as {:?}", traces(&said.out));
            Ok(())
        })
        .await?;
        self.step(
            "Redirect the payout, with a grant for it",
            "the registry closes routing before any policy is asked",
            async |world| refused(world, &graphql(ROUTING), "closed.routing").await,
        )
        .await?;
        self.step("Anchor the ledger on chain", "the writer key signs, the chain checks, a rollback is visible", async |world| {
            show(world, &["anchor", "--key", "operator.key"]).await.map(|_| ())
        })
        .await?;
        self.step("Pause on chain, call again", "a revocation takes inclusion and one slot, not finality", async |world| {
            show(world, &["pause", "--key", "owner.key", "--portfolio", "1"]).await?;
            until_refused(world, "portfolio.paused").await
        })
        .await?;
        self.step(
            "Verify receipts and ledger against checkpoint and chain",
            "every use is in the log that the attested key signs",
            async |world| {
                show(world, &["ledger", "verify", "--receipt", "orders.receipt", "--save", "before.checkpoint"]).await.map(|_| ())
            },
        )
        .await?;
        self.step(
            "Kill both processes, start them again, unlock",
            "all state is in the sealed ledger and the share",
            async |world| {
                world.kill_enclave();
                world.kill_host();
                world.start_enclave(&[]).await?;
                world.start_host(&[]).await?;
                world.wait_for("waiting_for_checkpoint").await?;
                unlock(world).await
            },
        )
        .await?;
        self.step(
            "The same store still works, the ledger is consistent",
            "nothing acknowledged was lost; the log extends the earlier checkpoint",
            async |world| {
                show(world, &["unpause", "--key", "owner.key", "--portfolio", "1"]).await?;
                until_answered(world).await?;
                show(world, &["ledger", "verify", "--receipt", "orders.receipt", "--checkpoint", "before.checkpoint"])
                    .await
                    .map(|_| ())
            },
        )
        .await?;
        self.summary();
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the demo tells what it did")]
    fn summary(&self) {
        println!("{:<4}{:<68}{:>8}", "", "step", "seconds");
        for (number, (title, _, seconds)) in self.rows.iter().enumerate() {
            println!("{:<4}{title:<68}{seconds:>8.1}", number + 1);
        }
        println!("\nAll {} steps passed.", self.rows.len());
    }
}

/// Says what can be tried, and leaves everything running until it is interrupted.
///
/// # Errors
/// The signal can't be waited for.
#[expect(clippy::print_stdout, reason = "the demo tells how to go on")]
pub async fn kept(world: &World) -> Result<()> {
    let dir = world.dir.display().to_string();
    println!("\nEverything is running until you press ctrl-c:");
    println!("  host       {}   (/readyz, /metrics, /openapi.json)", world.url());
    println!("  beacon     {}\n  execution  {}", world.beacon_url(), world.execution_url());
    println!("  storefront https://{}", world.storefront_address());
    println!("\nFrom another terminal, in this folder:");
    let run = format!("cargo run --release --quiet -p devnet -- pst-vault --vault {dir}/vault.json");
    let call = format!("--key {dir}/caller.key --store {}", World::store());
    let api = format!("https://{DEMO_SHOP}/admin/api/{VERSION}");
    println!("  {run} status\n  {run} verify");
    println!("  {run} simulate {call} -H 'content-type: application/json' -d '{ORDERS}' {api}/graphql.json");
    println!("  {run} call {call} -H 'content-type: application/json' -d '{ORDERS}' {api}/graphql.json");
    println!("  {run} call -i {call} {api}/shop.json");
    println!("  {run} pause --key {dir}/owner.key --portfolio 1");
    println!("  {run} unpause --key {dir}/owner.key --portfolio 1");
    println!("  {run} ledger verify --receipt {dir}/orders.receipt --checkpoint {dir}/before.checkpoint");
    println!("  {run} anchor --key {dir}/operator.key");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn graphql(body: &str) -> Vec<String> {
    let url = format!("https://{DEMO_SHOP}/admin/api/{VERSION}/graphql.json");
    ["--key", "caller.key", "--store", &World::store(), "-H", "content-type: application/json", "-d", body, &url]
        .map(ToOwned::to_owned)
        .to_vec()
}

fn orders() -> Vec<String> {
    graphql(ORDERS)
}

fn with<'a>(command: &[&'a str], args: &'a [String]) -> Vec<&'a str> {
    command.iter().copied().chain(args.iter().map(String::as_str)).collect()
}

/// Runs a command and shows it with what it says.
#[expect(clippy::print_stdout, reason = "the demo tells what it does")]
async fn tell(world: &World, args: &[&str]) -> Result<Said> {
    let typed: Vec<String> =
        args.iter().map(|arg| if arg.contains([' ', '{']) { format!("'{arg}'") } else { (*arg).to_owned() }).collect();
    println!("   $ pst-vault {}", typed.join(" "));
    let said = world.vault(args).await?;
    for line in said.out.lines().chain(said.error.lines()) {
        let short: String = line.chars().take(160).collect();
        println!("     {short}{}", if short.len() < line.len() { " ..." } else { "" });
    }
    Ok(said)
}

async fn show(world: &World, args: &[&str]) -> Result<Said> {
    let said = tell(world, args).await?;
    ensure!(said.code == 0, "pst-vault {} ended with {}: {}{}", args.join(" "), said.code, said.out, said.error);
    Ok(said)
}

async fn unlock(world: &mut World) -> Result<()> {
    let beacon = world.beacon_url().to_owned();
    show(world, &["checkpoint", "--key", "signer.key", "--beacon", &beacon]).await?;
    show(world, &["unlock", "--member", "member.key", "--share", "shares/share-0.hex"]).await.map(|_| ())
}

async fn refused(world: &World, call: &[String], rule: &str) -> Result<()> {
    let said = tell(world, &with(&["call"], call)).await?;
    ensure!(said.code == 3 && said.out.contains(rule), "expected a refusal by {rule}: {}{}", said.out, said.error);
    ensure!(said.out.contains("receipt verified"), "the refusal has no receipt: {}", said.out);
    Ok(())
}

/// Waits until the vault's own finalized head is the chain's.
async fn settled(world: &World) -> Result<()> {
    let wanted = world.chain.finalized().slot;
    for _ in 0..300 {
        let status = world.vault(&["--json", "status"]).await?.json()?;
        if status.pointer("/finalized/slot").and_then(Value::as_u64).is_some_and(|slot| slot >= wanted) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bail!("the vault does not follow the chain")
}

async fn until_refused(world: &World, rule: &str) -> Result<()> {
    let since = Instant::now();
    loop {
        let said = world.vault(&with(&["call"], &orders())).await?;
        if said.code == 3 && said.out.contains(rule) {
            return refused(world, &orders(), rule).await;
        }
        // Attested head at most 120 s old, permit at most 15 s alive: the bound against a hostile host.
        ensure!(since.elapsed().as_secs() < 135, "still answered after the bound: {}{}", said.out, said.error);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn until_answered(world: &World) -> Result<()> {
    let since = Instant::now();
    loop {
        let said = world.vault(&with(&["call"], &orders())).await?;
        if said.code == 0 {
            return show(world, &with(&["call"], &orders())).await.map(|_| ());
        }
        ensure!(since.elapsed().as_secs() < 60, "not answered: {}{}", said.out, said.error);
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
}

/// Which form of the token is in a text, if any.
#[must_use]
pub fn traces(text: &str) -> Option<&'static str> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let percent = hex::encode_upper(DEMO_TOKEN)
        .as_bytes()
        .chunks(2)
        .map(|pair| format!("%{}", String::from_utf8_lossy(pair)))
        .collect::<Vec<_>>()
        .concat();
    let escaped = DEMO_TOKEN.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat();
    let forms = [
        ("raw", DEMO_TOKEN.to_owned()),
        ("hex", hex::encode(DEMO_TOKEN)),
        ("base64", STANDARD_NO_PAD.encode(DEMO_TOKEN)),
        ("base64url", URL_SAFE_NO_PAD.encode(DEMO_TOKEN)),
        ("percent", percent),
        ("json", escaped),
    ];
    let lower = text.to_ascii_lowercase();
    forms.into_iter().find(|(_, form)| lower.contains(&form.to_ascii_lowercase())).map(|(name, _)| name)
}
