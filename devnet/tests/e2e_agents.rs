//! Agents and shown grants through the commands: what a delegation lets an agent do, and how it ends.

mod raw;

use devnet::world::{Said, World};
use raw::{ORDERS, PROGRAM, directory, outlived_by_nobody, run};

const URL: &str = "https://demo-shop.myshopify.com/admin/api/2026-10/graphql.json";
const WRITE: &str = r#"{"query":"mutation { tagsAdd(id: \"gid://shopify/Order/1\", tags: [\"a\"]) { node { id } } }"}"#;

async fn call(world: &World, who: &[&str], body: &str) -> Said {
    let store = World::store();
    let what = ["--store", &store, "-H", "content-type: application/json", "-d", body, URL];
    world.vault(&[&["call"], who, &what].concat()).await.unwrap()
}

fn answered(said: &Said) {
    assert!(said.code == 0 && said.out.contains("receipt verified"), "{}{}", said.out, said.error);
}

fn refused(said: &Said, rule: &str) {
    assert!(said.code == 3 && said.out.contains(rule), "expected {rule}: {}{}", said.out, said.error);
}

#[test]
fn t49_an_agent_acts_as_far_as_it_was_delegated_to_and_not_after_it_is_revoked() {
    run(async {
        let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
        world.provisioned().await.unwrap();
        let _watch = outlived_by_nobody(&world);
        let grant = ["--operation", "shopify.query.orders", "--class", "WRITE"];
        world.grant("caller", &[grant.as_slice(), &["--agents"]].concat()).await.unwrap();
        world.grant("guardian", &grant).await.unwrap();
        for curve in ["p256", "secp256k1"] {
            let (key, reads, other, later) =
                (format!("{curve}.key"), format!("{curve}.reads"), format!("{curve}.other"), format!("{curve}.guardian"));
            world.vault_ok(&["agent", "new", &key, "--curve", curve]).await.unwrap();
            let delegate = ["agent", "delegate", "--agent", &key, "--portfolio"];
            world
                .vault_ok(&[&delegate[..], &["1", "--class", "READ", "--key", "caller.key", "--out", &reads]].concat())
                .await
                .unwrap();
            world.vault_ok(&[&delegate[..], &["2", "--key", "caller.key", "--out", &other]].concat()).await.unwrap();
            world.vault_ok(&[&delegate[..], &["1", "--key", "guardian.key", "--out", &later]].concat()).await.unwrap();
            let by = |delegation: &str| ["--agent", &key, "--delegation", delegation].map(str::to_owned);
            let as_agent = async |delegation: &str, body: &str| {
                let who = by(delegation);
                call(&world, &who.each_ref().map(String::as_str), body).await
            };
            answered(&as_agent(&reads, ORDERS).await);
            refused(&as_agent(&reads, WRITE).await, "delegation.scope");
            refused(&as_agent(&other, ORDERS).await, "delegation.portfolio");
            // His grant is not for agents.
            refused(&as_agent(&later, ORDERS).await, "grant.agent");
            world.vault_ok(&["agent", "revoke", &reads, "--key", "caller.key", "--wait"]).await.unwrap();
            refused(&as_agent(&reads, ORDERS).await, "agent.revoked");
        }
        // The caller himself is as he was.
        answered(&call(&world, &["--key", "caller.key"], ORDERS).await);
    });
}

#[test]
fn a_grant_under_a_root_counts_for_whoever_shows_it_and_not_after_the_root_is_gone() {
    run(async {
        let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
        world.provisioned().await.unwrap();
        let _watch = outlived_by_nobody(&world);
        let caller = world.address("caller").unwrap();
        let grants = serde_json::json!([
            { "caller": world.address("guardian").unwrap(), "class": "READ" },
            { "caller": caller, "operation": "shopify.query.orders", "capacity": 10 },
        ]);
        std::fs::write(world.dir.join("grants.json"), grants.to_string()).unwrap();
        let root = ["grant", "root", "--portfolio", "1", "--key", "owner.key", "--wait"];
        world.vault_ok(&[&root[..], &["--grants", "grants.json", "--evidence", "shown"]].concat()).await.unwrap();
        let key = ["--key", "caller.key"];
        refused(&call(&world, &key, ORDERS).await, "grant.none");
        let shown =
            |index: &str| [key.as_slice(), &["--evidence", index]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let show = async |file: &str| {
            let who = shown(file);
            call(&world, &who.iter().map(String::as_str).collect::<Vec<_>>(), ORDERS).await
        };
        answered(&show("shown/1.evidence").await);
        refused(&show("shown/0.evidence").await, "grant.subject");
        world.vault_ok(&[&root[..], &["--clear"]].concat()).await.unwrap();
        refused(&show("shown/1.evidence").await, "grant.root");
    });
}
