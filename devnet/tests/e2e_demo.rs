//! The demo, as the README tells a newcomer to run it.

use std::process::Command;

#[test]
fn the_demo_passes_every_step() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_devnet")).args(["demo", "--directory"]).arg(dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("All 15 steps passed."), "{said}");
}

#[test]
fn the_demo_stops_at_a_step_that_fails_and_says_which() {
    let dir = tempfile::tempdir().unwrap();
    // A share that is there already: genesis never overwrites one.
    std::fs::create_dir(dir.path().join("shares")).unwrap();
    std::fs::write(dir.path().join("shares/share-0.hex"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_devnet")).args(["demo", "--directory"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("step 3 failed"), "{}", String::from_utf8_lossy(&output.stderr));
}
