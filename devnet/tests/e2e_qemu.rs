//! The image itself in a virtual machine: QEMU's nitro-enclave machine, a real `/dev/nsm`, vsock.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use client::{Connection, VaultFile};
use devnet::qemu::{Parts, Signs, Tools, console, difference, shipped, verified, world};
use devnet::world::World;
use tokio::sync::{Mutex, MutexGuard};

const PROGRAM: &str = env!("CARGO_BIN_EXE_devnet");
/// The program of the image, which is everything that runs there.
const INIT: &str = "init";

/// A guest that has not come so far by then does not.
const COMES_UP: Duration = Duration::from_mins(2);

/// One machine at a time: each wants a processor of its own.
static TURN: Mutex<()> = Mutex::const_new(());
static SHIPPED: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// QEMU and an image; or nothing, with the reason printed. Under CI both must be there.
struct Ready {
    tools: Tools,
    image: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

async fn ready() -> Option<Ready> {
    let turn = TURN.lock().await;
    let there = match Tools::missing() {
        Some(reason) => Err(reason),
        // What the image's own suite holds to be a failure is here a lack of an image.
        None => SHIPPED.get_or_init(image).clone(),
    };
    match there {
        Ok(image) => Some(Ready { tools: Tools::provide().unwrap(), image, _turn: turn }),
        Err(reason) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
            println!("skipped: {reason}");
            None
        }
    }
}

fn image() -> Result<PathBuf, String> {
    shipped(env!("CARGO_TARGET_TMPDIR").as_ref()).map_err(|error| format!("{error:#}"))
}

impl Ready {
    async fn world(&self, dir: &Path) -> World {
        world(dir, PROGRAM.as_ref(), &self.tools, &self.image).await.unwrap()
    }
}

fn devnet(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().unwrap()
}

#[tokio::test]
async fn the_demo_passes_every_step_in_the_image_itself() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let (image, directory) = (ready.image.display().to_string(), dir.path().display().to_string());
    let output = devnet(&["qemu", "--image", &image, "--directory", &directory]);
    let said = String::from_utf8_lossy(&output.stdout);
    let console = fs::read_to_string(dir.path().join("enclave.log")).unwrap_or_default();
    assert!(output.status.success(), "{said}{}{console}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("All 15 steps passed."), "{said}");
    for register in ["PCR0 ", "PCR1 ", "PCR2 ", "PCR16"] {
        assert!(said.lines().any(|line| line.starts_with(register) && line.ends_with("  equal")), "{register}: {said}");
    }
    for figure in said.split("All 15 steps passed.").nth(1).unwrap().lines().filter(|line| !line.is_empty()) {
        println!("figure: {figure}");
    }
}

#[tokio::test]
async fn t5_a_module_that_signs_nothing_is_refused_by_the_guest() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut world = ready.world(dir.path()).await;
    world.machine().unwrap().signs = Signs::Nobody;
    world.start_host(&[]).await.unwrap();
    world.start_enclave(&[]).await.unwrap();
    let since = Instant::now();
    while !world.enclave_ended() {
        assert!(since.elapsed() < COMES_UP, "it goes on: {}", console(dir.path()));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = console(dir.path());
    assert!(said.contains("enclave stops: security module"), "{said}");
    assert_ne!(world.vault(&["verify"]).await.unwrap().code, 0, "nothing was shown");
}

#[tokio::test]
async fn t4_a_guest_whose_module_another_authority_signs_for_is_refused() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut world = ready.world(dir.path()).await;
    world.machine().unwrap().signs = Signs::Stranger(dir.path().join("stranger"));
    world.start_enclave(&[]).await.unwrap();
    world.start_host(&[]).await.unwrap();
    shown(&world).await;

    let said = world.vault(&["verify"]).await.unwrap();
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.error.contains("the enclave is not this vault"), "{}", said.error);
    let guardian = world.address("guardian").unwrap();
    let args = ["genesis", "--key", "admin.key", "--shares", "shares", "--guardian", &guardian];
    assert_ne!(world.vault(&args).await.unwrap().code, 0);
    assert!(!dir.path().join("shares").exists(), "nothing was asked of it");

    // The same image under the devnet's own authority is believed: it was that alone.
    world.kill_enclave();
    world.machine().unwrap().signs = Signs::Devnet;
    world.start_enclave(&[]).await.unwrap();
    let _verified = verified(&mut world).await.unwrap();
}

#[tokio::test]
async fn t58_a_tampered_program_in_the_image_is_refused_and_named() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut world = ready.world(dir.path()).await;
    let genuine = world.machine().unwrap().image.clone();
    let tampered = dir.path().join("tampered.eif");
    let mut parts = Parts::of(&fs::read(&genuine).unwrap()).unwrap();
    // Behind the program's end, so that it runs as before: whether it may is the client's to say.
    parts.replace(INIT, |program| [program, &[0x5a]].concat()).unwrap();
    fs::write(&tampered, parts.bytes().unwrap()).unwrap();
    world.machine().unwrap().image = tampered.clone();
    world.start_enclave(&[]).await.unwrap();
    world.start_host(&[]).await.unwrap();
    shown(&world).await;

    let said = world.vault(&["verify"]).await.unwrap();
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.error.contains("PCR0") && said.error.contains("PCR1"), "{}", said.error);
    let differs = difference(&genuine, &tampered).unwrap();
    assert!(differs.lines().any(|line| line.contains(INIT)), "{differs}");
}

#[tokio::test]
async fn a_machine_that_is_killed_loses_nothing() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut world = ready.world(dir.path()).await;
    world.provisioned().await.unwrap();
    world.grant("caller", &["--operation", "shopify.query.orders", "--capacity", "1000"]).await.unwrap();
    let mut receipts = 0;
    for round in 0..2 {
        // One call is certainly answered; then the machine dies while others are under way, at another moment each time.
        until_answered(&world, receipts).await;
        receipts += 1;
        let pid = world.enclave_pid().unwrap().to_string();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150 + 370 * round));
            Command::new("kill").args(["-9", &pid]).status().unwrap()
        });
        let since = Instant::now();
        while !world.enclave_ended() {
            assert!(since.elapsed() < COMES_UP, "it was not killed");
            receipts += usize::from(call(&world, receipts).await.code == 0);
        }
        assert!(killer.join().unwrap().success(), "it was killed");
        world.kill_enclave();
        world.start_enclave(&[]).await.unwrap();
        let _verified = verified(&mut world).await.unwrap();
        world.unlock().await.unwrap();
        // The store's token is there as before, and so is everything that anybody has a receipt for.
        until_answered(&world, receipts).await;
        receipts += 1;
        for receipt in 0..receipts {
            world.vault_ok(&["ledger", "verify", "--receipt", &format!("{receipt}.receipt")]).await.unwrap();
        }
    }
    println!("figure: {receipts} receipts verify after 2 kills of the machine");
}

/// Where eif-build/README.md holds a running vault to the image.
const HOLD: &str = "NONCE=";

#[tokio::test]
async fn the_auditors_walk_through_holds_a_running_vault_to_the_rebuilt_image_as_written() {
    let Some(ready) = ready().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(&ready.image, dir.path().join("rebuilt.eif")).unwrap();
    let document = fs::read_to_string(repository.join("eif-build/README.md")).unwrap();
    let blocks: Vec<&str> = document.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    let hold = blocks.iter().find(|block| block.starts_with(HOLD)).unwrap();
    let boot = blocks.iter().find(|block| block.contains(" qemu ")).unwrap();

    // `cargo run .. -p NAME -- ..` of the document: the program that was built beside the tests, or else cargo's, from another folder.
    let programs = dir.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").to_owned());
    let (beside, manifest) = (Path::new(PROGRAM).parent().unwrap().display(), repository.join("Cargo.toml"));
    let skip = |until: &str| format!("while [ \"$1\" != {until} ]; do shift; done");
    let run = format!(
        "{}; name=$2; {}; shift\n[ -x {beside}/$name ] && exec {beside}/$name \"$@\"\nexec '{cargo}' run --quiet --locked --manifest-path {} -p $name -- \"$@\"",
        skip("-p"),
        skip("--"),
        manifest.display()
    );
    for (name, script) in [("cargo", run.as_str()), ("eif-build", "exec cargo run -p eif-build -- \"$@\"")] {
        let program = programs.join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let bash = |commands: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", commands]).current_dir(dir.path()).env("PATH", &path).stdin(Stdio::null());
        bash
    };

    let mut other = Running(bash(&format!("exec {boot}")).stdout(Stdio::piped()).spawn().unwrap());
    let mut variables = Vec::new();
    let mut said = Vec::new();
    for line in BufReader::new(other.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        variables.extend(line.split_once('=').map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())));
        let last = line.starts_with("It runs until");
        said.push(line);
        if last {
            break;
        }
    }
    assert!(variables.iter().map(|(name, _)| name.as_str()).eq(["VAULT_URL", "PCR16", "TRUST"]), "{said:#?}");

    let output = bash(hold).envs(variables.clone()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("VERIFIED"), "{said}");

    // Held to another image, it is refused by the same commands.
    let mut parts = Parts::of(&fs::read(&ready.image).unwrap()).unwrap();
    parts.replace(INIT, |program| [program, &[0x5a]].concat()).unwrap();
    fs::write(dir.path().join("rebuilt.eif"), parts.bytes().unwrap()).unwrap();
    let output = bash(hold).envs(variables).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && said.contains("PCR0"), "{said}");
}

/// What the document has running in another terminal; ended as a person would.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

async fn call(world: &World, receipt: usize) -> devnet::world::Said {
    let receipt = format!("{receipt}.receipt");
    let url = format!("https://{}/admin/api/2026-10/graphql.json", devnet::storefront::DEMO_SHOP);
    let body = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
    let (store, json) = (World::store(), "content-type: application/json");
    let args = ["call", "--receipt", &receipt, "--key", "caller.key", "--store", &store, "-H", json, "-d", body, &url];
    world.vault(&args).await.unwrap()
}

async fn until_answered(world: &World, receipt: usize) {
    let since = Instant::now();
    loop {
        let said = call(world, receipt).await;
        if said.code == 0 {
            return;
        }
        assert!(since.elapsed() < COMES_UP, "{}{}", said.out, said.error);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The document that the host shows, as soon as there is one, whatever it is worth.
async fn shown(world: &World) -> Vec<u8> {
    let connection = Connection::new(VaultFile::load(&world.dir.join("vault.json")).unwrap()).unwrap();
    let since = Instant::now();
    loop {
        match connection.get(&format!("/v1/attestation?nonce={}", "ab".repeat(32))).await {
            Ok(document) => return document,
            Err(error) => assert!(since.elapsed() < COMES_UP, "{error:#}: {}", console(&world.dir)),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
