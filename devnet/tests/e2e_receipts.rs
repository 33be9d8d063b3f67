//! Receipts whose decisions are run again: by a node, here from its proofs, and from proofs that were saved.

mod raw;

use std::fs;

use devnet::world::{Said, World};
use raw::{ORDERS, PROGRAM, directory, outlived_by_nobody, run};
use serde_json::Value;

const URL: &str = "https://demo-shop.myshopify.com/admin/api/2026-10/graphql.json";
const SAME: &str = "decides as the receipt says";

async fn call(world: &World, key: &str, receipt: &str) -> Said {
    let store = World::store();
    let what = ["--store", &store, "-H", "content-type: application/json", "-d", ORDERS, URL];
    world.vault(&[&["call", "--key", key, "--receipt", receipt], &what[..]].concat()).await.unwrap()
}

#[test]
fn t81_a_decision_is_run_again_from_saved_proofs_alone_and_not_from_others() {
    run(async {
        let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
        world.provisioned().await.unwrap();
        let _watch = outlived_by_nobody(&world);
        world.grant("caller", &["--operation", "shopify.query.orders", "--capacity", "9"]).await.unwrap();
        assert_eq!(call(&world, "caller.key", "allowed.receipt").await.code, 0);
        assert_eq!(call(&world, "guardian.key", "refused.receipt").await.code, 3);
        for receipt in ["allowed.receipt", "refused.receipt"] {
            for how in [
                &["receipt", "check"][..],
                &["receipt", "check", "--proofs"],
                &["receipt", "prove", "--out", &format!("{receipt}.proofs")],
            ] {
                let said = world.vault(&[how, &[receipt]].concat()).await.unwrap();
                assert!(said.code == 0 && said.out.contains(SAME), "{how:?}: {}{}", said.out, said.error);
            }
        }

        // The block is on no node any more.
        world.chain.faults(|faults| faults.execution_down = true);
        assert_eq!(world.vault(&["receipt", "check", "allowed.receipt"]).await.unwrap().code, 1);
        assert_eq!(world.vault(&["receipt", "check", "--proofs", "allowed.receipt"]).await.unwrap().code, 1);
        let from = async |proofs: &str, receipt: &str| {
            world.vault(&["receipt", "check", "--proofs", "--saved", proofs, receipt]).await.unwrap()
        };
        for receipt in ["allowed.receipt", "refused.receipt"] {
            let said = from(&format!("{receipt}.proofs"), receipt).await;
            assert!(said.code == 0 && said.out.contains(SAME), "{}{}", said.out, said.error);
        }

        let proofs: Value = serde_json::from_str(&fs::read_to_string(world.dir.join("allowed.receipt.proofs")).unwrap()).unwrap();
        let cases: [(&str, Change); 5] = [
            ("not under the receipt's state root", |proofs| flip(&mut accounts(proofs)[0]["proof"][0])),
            ("not under the receipt's state root", |proofs| {
                let code = accounts(proofs).iter_mut().map(|account| &mut account["code"]).find(|code| code.is_string());
                flip(code.unwrap());
            }),
            ("the proofs lack", |proofs| drop(accounts(proofs).remove(0))),
            ("is not that of the receipt's block", |proofs| {
                proofs["headers"].as_object_mut().unwrap().values_mut().for_each(flip);
            }),
            ("the proofs lack block", |proofs| proofs["headers"].as_object_mut().unwrap().clear()),
        ];
        for (reason, change) in cases {
            let mut changed = proofs.clone();
            change(&mut changed);
            fs::write(world.dir.join("changed.proofs"), changed.to_string()).unwrap();
            let said = from("changed.proofs", "allowed.receipt").await;
            assert!(said.code == 1 && said.error.contains(reason), "expected {reason}: {}{}", said.out, said.error);
        }
    });
}

/// A change of saved proofs.
type Change = fn(&mut Value);

/// Accounts of the first block that has any.
fn accounts(proofs: &mut Value) -> &mut Vec<Value> {
    let blocks = proofs["accounts"].as_object_mut().unwrap();
    blocks.values_mut().next().unwrap().as_array_mut().unwrap()
}

/// Another last digit.
fn flip(hex: &mut Value) {
    let text = hex.as_str().unwrap();
    let (rest, last) = text.split_at(text.len() - 1);
    *hex = Value::String(format!("{rest}{}", if last == "0" { "1" } else { "0" }));
}
