//! The artifacts are the sources', the sources' interface is the frozen one, and the code on chain is the artifact's.

use std::{collections::BTreeMap, path::Path, process::Command};

use alloy_primitives::{hex, keccak256};
use alloy_sol_types::SolCall;
use contracts_bindings::{AUTHORIZE_GAS, StoreAccessPolicy, StoreRegistry, VaultRegistry, runtime_code_hash};
use revm::database::DatabaseRef;
use sha2::{Digest, Sha256};

use crate::world::{STRANGER, World};

fn contracts() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/contracts"))
}

#[test]
fn the_code_on_chain_is_the_artifacts() {
    let world = World::bare();
    for (address, code) in [
        (world.vaults, &VaultRegistry::DEPLOYED_BYTECODE),
        (world.registry, &StoreRegistry::DEPLOYED_BYTECODE),
        (world.policy, &StoreAccessPolicy::DEPLOYED_BYTECODE),
    ] {
        let account = world.chain.db.basic_ref(address).unwrap().unwrap();
        assert_eq!(account.code_hash, runtime_code_hash(code));
        assert!(code.len() <= 24_576, "EIP-170");
    }
}

#[test]
fn the_gas_of_the_call_is_the_registrys() {
    let mut world = World::bare();
    let gas = world.chain.must(STRANGER, world.registry, &StoreRegistry::AUTHORIZE_GASCall {});
    assert_eq!(gas.to::<u64>(), AUTHORIZE_GAS);
    let policy = world.chain.must(STRANGER, world.registry, &StoreRegistry::POLICY_GASCall {});
    assert_eq!(policy.to::<u64>(), 3_000_000);
}

#[test]
fn the_interface_is_the_frozen_one() {
    let source = std::fs::read(contracts().join("src/Interfaces.sol")).unwrap();
    assert_eq!(hex::encode(Sha256::digest(source)), "6ed0260bfb709753d1b4bb4dfb8edf6f457b4e9c4a3c541c3ec8107771b9bd91");

    let file = std::fs::read_to_string(contracts().join("artifacts/Interfaces.json")).unwrap();
    let interfaces: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&file).unwrap();
    let selectors = |name: &str| -> Vec<[u8; 4]> {
        interfaces[name]
            .iter()
            .map(|(signature, selector)| {
                let hash = keccak256(signature);
                assert_eq!(hex::encode(&hash[..4]), *selector);
                [hash[0], hash[1], hash[2], hash[3]]
            })
            .collect()
    };
    let erc165 = [0x01, 0xff, 0xc9, 0xa7];
    let sorted = |parts: Vec<Vec<[u8; 4]>>| {
        let mut all = parts.concat();
        all.sort_unstable();
        all
    };
    // Nothing is missing, and beside the frozen interfaces there are views only.
    let of = |all: &[[u8; 4]]| sorted(vec![all.to_vec()]);
    assert_eq!(
        of(StoreRegistry::StoreRegistryCalls::SELECTORS),
        sorted(vec![selectors("IStoreRegistry"), selectors("IStoreRegistryView")])
    );
    assert_eq!(
        of(VaultRegistry::VaultRegistryCalls::SELECTORS),
        sorted(vec![selectors("IVaultRegistry"), selectors("IVaultRegistryView")])
    );
    assert_eq!(
        of(StoreAccessPolicy::StoreAccessPolicyCalls::SELECTORS),
        sorted(vec![
            selectors("IStoreAccessPolicy"),
            selectors("IStoreAccessPolicyAdmin"),
            selectors("IStoreAccessPolicyView"),
            vec![erc165]
        ])
    );
}

#[test]
fn the_policy_says_what_it_implements() {
    let mut world = World::bare();
    let file = std::fs::read_to_string(contracts().join("artifacts/Interfaces.json")).unwrap();
    let interfaces: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&file).unwrap();
    let admin = interfaces["IStoreAccessPolicyAdmin"].keys().fold([0u8; 4], |id, signature| {
        let hash = keccak256(signature);
        [id[0] ^ hash[0], id[1] ^ hash[1], id[2] ^ hash[2], id[3] ^ hash[3]]
    });
    let authorize = StoreAccessPolicy::authorizeCall::SELECTOR;
    for (id, expected) in
        [([0x01, 0xff, 0xc9, 0xa7], true), (authorize, true), (admin, true), ([0xff; 4], false), ([0; 4], false)]
    {
        let call = StoreAccessPolicy::supportsInterfaceCall { interfaceId: id.into() };
        assert_eq!(world.chain.must(STRANGER, world.policy, &call), expected);
    }
}

#[test]
fn the_sources_give_the_artifacts() {
    let skip = |reason: &str| {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI must check the artifacts: {reason}");
        println!("skipped: {reason}");
    };
    if !contracts().join("node_modules/solc").exists() {
        return skip("the compiler is not installed; run npm ci in contracts-bindings/contracts");
    }
    let Ok(output) = Command::new("node").arg("build.mjs").arg("--check").current_dir(contracts()).output() else {
        return skip("node is not installed");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_lockfile_names_no_registry_and_every_digest() {
    let file = std::fs::read_to_string(contracts().join("package-lock.json")).unwrap();
    let lock: serde_json::Value = serde_json::from_str(&file).unwrap();
    for (name, package) in lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty()) {
        assert!(package.get("resolved").is_none(), "{name}");
        assert!(package["integrity"].as_str().is_some_and(|digest| digest.starts_with("sha512-")), "{name}");
    }
    assert_eq!(lock["packages"]["node_modules/solc"]["version"], "0.8.37");
}
