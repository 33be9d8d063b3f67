//! The walk-throughs of the documents, run exactly as they are written.

mod raw;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use devnet::world::World;
use raw::{PROGRAM, directory, outlived_by_nobody, run};

/// A document's commands, up to and with those after which it says what they say.
struct Part {
    commands: String,
    expected: Vec<String>,
}

/// What stands in a document's `sh` blocks.
fn parts(document: &str) -> Vec<Part> {
    let mut parts = vec![Part { commands: String::new(), expected: Vec::new() }];
    let mut inside = false;
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if let (true, Some(expected)) = (inside, line.strip_prefix("#> ")) {
            parts.last_mut().unwrap().expected.push(expected.to_owned());
        } else if inside {
            if !parts.last().unwrap().expected.is_empty() {
                parts.push(Part { commands: String::new(), expected: Vec::new() });
            }
            let part = parts.last_mut().unwrap();
            part.commands.push_str(line);
            part.commands.push('\n');
        }
    }
    parts
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a document's commands in one shell, in a folder as the demo leaves it.
async fn follow(world: &World, document: &str) {
    let parts = parts(&fs::read_to_string(repository().join(document)).unwrap());
    let expected: usize = parts.iter().map(|part| part.expected.len()).sum();
    assert!(expected >= 8, "{document} expects {expected} things: was it read?");
    let mark = |number: usize| format!("@@ {number} is done");
    let script: Vec<String> =
        parts.iter().enumerate().map(|(number, part)| format!("{}echo '{}'\n", part.commands, mark(number))).collect();
    let script = script.concat();
    let programs = world.dir.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let program = programs.join("pst-vault");
    fs::write(&program, format!("#!/bin/sh\nexec {PROGRAM} pst-vault \"$@\"\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(world.dir.join("walk-through.sh"), format!("exec 2>&1\n{script}")).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = tokio::process::Command::new("bash")
        .args(["-euo", "pipefail", "walk-through.sh"])
        .current_dir(&world.dir)
        .env("PATH", path)
        .env("REPOSITORY", repository())
        .env("FOUNDRY_DISABLE_NIGHTLY_WARNING", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{document} stops: {said}{}", String::from_utf8_lossy(&output.stderr));
    let mut rest = said.as_ref();
    for (number, part) in parts.iter().enumerate() {
        let (this, after) = rest.split_once(&mark(number)).unwrap_or_else(|| panic!("part {number} was not run: {said}"));
        for expected in &part.expected {
            assert!(this.contains(expected), "{document}: after\n{}\nexpected {expected:?} in\n{this}", part.commands);
        }
        rest = after;
    }
}

/// As the demo leaves it: the store is in, and the caller may read orders.
async fn demo_vault() -> (World, raw::Watch) {
    let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
    world.provisioned().await.unwrap();
    let watch = outlived_by_nobody(&world);
    world.grant("caller", &["--operation", "shopify.query.orders", "--class", "ROUTING"]).await.unwrap();
    (world, watch)
}

#[test]
fn the_default_day_runs_as_written() {
    run(async {
        let (world, _watch) = demo_vault().await;
        follow(&world, "contracts-bindings/contracts/DEFAULT.md").await;
    });
}

#[test]
fn the_policy_guide_runs_as_written() {
    let forge = repository().join("contracts-bindings/contracts/node_modules/@foundry-rs/forge-linux-amd64/bin/forge");
    if !forge.exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run the guide: npm ci in contracts-bindings/contracts");
        println!("skipped: forge is not installed; run npm ci in contracts-bindings/contracts, on Linux on x86-64");
        return;
    }
    run(async {
        let (world, _watch) = demo_vault().await;
        follow(&world, "contracts-bindings/contracts/GUIDE.md").await;
    });
}
