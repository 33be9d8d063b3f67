//! The commands of owners, guardians, servicers and admins against a chain whose clock is moved: what each sends, prints, and says of when it holds.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, Bytes};
use contracts_bindings::VaultRegistry::{P256Key, P256Sig};
use contracts_bindings::admin::{NewVault, VaultAdmin};
use devnet::world::{Said, World};
use p256::ecdsa::SigningKey;
use protocol::anchor;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_devnet");
const DAY: u64 = 86_400;

/// A chain, its accounts and a vault.json. No enclave: nothing here asks one.
struct Dao {
    world: World,
    _directory: tempfile::TempDir,
}

impl Dao {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = World::new(directory.path(), PROGRAM.as_ref()).await.unwrap();
        Self { world, _directory: directory }
    }

    async fn run(&self, words: &str) -> Said {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.world.vault(&words).await.unwrap()
    }

    /// What a command says in JSON.
    async fn json(&self, words: &str) -> Value {
        let said = self.run(&format!("--json {words}")).await;
        assert_eq!(said.code, 0, "{words}: {}{}", said.out, said.error);
        said.json().unwrap()
    }

    /// A command that the contract refuses.
    async fn refused(&self, words: &str, reason: &str) {
        let said = self.run(words).await;
        assert_eq!(said.code, 1, "{words}: {}{}", said.out, said.error);
        assert!(said.error.contains(reason), "{words}: {}", said.error);
    }

    fn address(&self, name: &str) -> String {
        self.world.address(name).unwrap()
    }

    /// A portfolio of the owner with this delay.
    async fn portfolio(&self, delay: &str) -> u64 {
        let (guardian, servicer) = (self.address("guardian"), self.address("operator"));
        let made = self
            .json(&format!("portfolio create --guardian {guardian} --servicer {servicer} --delay {delay} --key owner.key"))
            .await;
        made["portfolio"].as_u64().unwrap()
    }

    /// Lets time pass on the chain.
    async fn pass(&self, seconds: u64) {
        let before = self.world.chain.head().timestamp;
        self.world.chain.faults(|faults| faults.clock_offset += i64::try_from(seconds).unwrap());
        let since = Instant::now();
        while self.world.chain.head().timestamp < before + seconds {
            assert!(since.elapsed() < Duration::from_mins(1), "the chain stands still");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends what a command printed, as a Safe would.
    fn send_printed(&self, name: &str, printed: &Value) {
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

fn store(portfolio: u64, number: u8) -> String {
    format!("{portfolio}:{}", B256::repeat_byte(number))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portfolio_changes_hands_in_two_steps_and_its_seats_after_the_delay() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("2d").await;
    let (guardian, caller, operator) = (dao.address("guardian"), dao.address("caller"), dao.address("operator"));
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!((&shown["delay"], &shown["tenure"], &shown["this_vault"]), (&json!(2 * DAY), &json!(1), &json!(true)));
    let policy = shown["policy"].as_str().unwrap().to_owned();

    let proposed = dao.json(&format!("portfolio guardian {caller} --portfolio {portfolio} --key owner.key")).await;
    let effect = &proposed["effect"];
    assert_eq!(effect["when"], "after_delay");
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!(effect["not_before"], time + 2 * DAY);
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["next"]["guardian"]["from"], time + 2 * DAY);
    let cancelled = dao.json(&format!("portfolio cancel guardian --portfolio {portfolio} --key guardian.key")).await;
    assert_eq!(cancelled["effect"]["when"], "at_once");
    dao.refused(&format!("portfolio cancel guardian --portfolio {portfolio} --key guardian.key"), "NothingToCancel").await;
    dao.json(&format!("portfolio servicer {caller} --portfolio {portfolio} --key owner.key")).await;
    dao.json(&format!("portfolio policy {policy} --portfolio {portfolio} --key owner.key")).await;
    dao.refused(&format!("portfolio policy {policy} --portfolio {portfolio} --key caller.key"), "NotOwner").await;

    let offered = dao.json(&format!("portfolio offer --to {caller} --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(offered["effect"]["when"], "after_delay");
    let accept = format!("portfolio accept --portfolio {portfolio} --guardian {guardian} --servicer {operator}");
    dao.refused(&format!("{accept} --key caller.key"), "OfferNotDue").await;
    dao.refused(&format!("{accept} --key operator.key"), "NotOffered").await;
    dao.pass(2 * DAY).await;
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["servicer"].as_str().unwrap().to_lowercase(), caller.to_lowercase(), "the new servicer is not in place");
    let accepted = dao.json(&format!("{accept} --key caller.key")).await;
    assert_eq!(accepted["effect"]["when"], "at_once");
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["owner"].as_str().unwrap().to_lowercase(), caller.to_lowercase());
    assert_eq!((&shown["tenure"], &shown["next"]["owner"]), (&json!(2), &Value::Null));
    dao.refused(&format!("pause --portfolio {portfolio} --key owner.key"), "NotOwner").await;

    dao.json(&format!("portfolio offer --to {guardian} --portfolio {portfolio} --key caller.key")).await;
    dao.json(&format!("portfolio withdraw --portfolio {portfolio} --key caller.key")).await;
    dao.refused(&format!("{accept} --key guardian.key"), "NotOffered").await;
    let said = dao.run(&format!("portfolio show --portfolio {portfolio}")).await;
    assert!(said.out.contains("DEVNET delay     2 days"), "{}", said.out);
    assert_eq!(dao.run("portfolio show --portfolio 99").await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stores_status_tightens_at_once_and_loosens_after_the_delay_and_stores_move() {
    let dao = Dao::new().await;
    let (from, to) = (dao.portfolio("1d").await, dao.portfolio("0").await);
    let one = store(from, 1);
    let status = |status: &str| format!("store status {status} --store {one} --reason payments.stopped");
    let set = dao.json(&format!("{} --key operator.key", status("default"))).await;
    assert_eq!((&set["effect"]["when"], &set["changed"], &set["loosens_from"]), (&json!("at_once"), &json!(1), &Value::Null));
    dao.refused(&format!("{} --key owner.key", status("watch")), "NotServicer").await;
    let set = dao.json(&format!("{} --key operator.key", status("watch"))).await;
    assert_eq!((&set["effect"]["when"], &set["changed"]), (&json!("after_delay"), &json!(0)));
    assert_eq!(set["loosens_from"], set["effect"]["not_before"]);
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["status"], &shown["next_status"]["status"]), (&json!("Default"), &json!("Watch")));
    dao.json(&format!("portfolio cancel status --store {one} --portfolio {from} --key guardian.key")).await;
    assert_eq!(dao.json(&format!("store show --store {one}")).await["next_status"], Value::Null);
    assert_eq!(dao.run(&format!("portfolio cancel status --portfolio {from} --key guardian.key")).await.code, 2);

    let many: String = (2..200).map(|number| format!("{}\n", store(from, number))).collect();
    fs::write(dao.world.dir.join("stores"), many).unwrap();
    let set = dao.json("store status Closed --stores stores --key operator.key").await;
    assert_eq!((&set["stores"], &set["changed"]), (&json!(198), &json!(198)));

    let offered = dao.json(&format!("store offer --store {one} --to {to} --key owner.key")).await;
    assert_eq!(offered["effect"]["when"], "after_delay");
    dao.refused(&format!("store accept --store {one} --to {to} --key owner.key"), "StoreOfferNotDue").await;
    dao.json(&format!("store withdraw --store {one} --key owner.key")).await;
    dao.json(&format!("store offer --store {one} --to {to} --key owner.key")).await;
    dao.pass(DAY).await;
    dao.json(&format!("store accept --store {one} --to {to} --key owner.key")).await;
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["portfolio"], &shown["tenure"], &shown["status"]), (&json!(to), &json!(2), &json!("Default")));
    assert_eq!(dao.run("store status Late --store 1:0x00 --key operator.key").await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_denials_roles_and_roots_are_written_shown_and_ended() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let (caller, operator) = (dao.address("caller"), dao.address("operator"));
    let grant = format!(
        "--portfolio {portfolio} --caller {caller} --operation shopify.query.orders --class READ --store {}",
        store(portfolio, 1)
    );
    let given = dao
        .json(&format!(
            "grant add {grant} --seconds 2d --statuses Performing,Watch,Default --capacity 5 --period 1h --where amount<=250.5 --agents --key owner.key"
        ))
        .await;
    assert_eq!((&given["effect"]["when"], &given["granted"]), (&json!("at_finality"), &json!(2)));
    let shown = dao.json(&format!("grant show {grant}")).await;
    let shown = shown["grants"].as_array().unwrap();
    assert_eq!(
        shown.iter().map(|grant| &grant["id"]).collect::<Vec<_>>(),
        given["ids"].as_array().unwrap().iter().collect::<Vec<_>>()
    );
    for grant in shown {
        assert_eq!((&grant["granted"], &grant["statuses"], &grant["capacity"]), (&json!(true), &json!(7), &json!("5")));
        assert_eq!((&grant["agents"], &grant["conditions"], &grant["period"]), (&json!(true), &json!(1), &json!(3_600)));
        assert!(grant["until"].as_u64().unwrap() > now() + 2 * DAY - 120);
    }
    let id = given["ids"][0].as_str().unwrap();
    let ended = dao.json(&format!("grant revoke --portfolio {portfolio} --id {id} --key owner.key")).await;
    assert_eq!(ended["effect"]["when"], "at_once");
    dao.refused(&format!("grant revoke --portfolio {portfolio} --id {id} --key owner.key"), "GrantUnknown").await;
    // The other one by what it says.
    dao.json(&format!(
        "grant revoke --portfolio {portfolio} --caller {caller} --class READ --store {} --key owner.key",
        store(portfolio, 1)
    ))
    .await;
    let shown = dao.json(&format!("grant show {grant}")).await;
    assert!(shown["grants"].as_array().unwrap().iter().all(|grant| grant["granted"] == json!(false)));
    dao.refused(&format!("grant add --portfolio {portfolio} --caller {caller} --class EXPORT --key owner.key"), "WhatInvalid")
        .await;

    let denied = dao.json(&format!("grant deny --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(denied["effect"]["when"], "at_once");
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["everything_denied"], true);
    let lifted = dao.json(&format!("grant undeny --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(lifted["effect"]["when"], "at_finality");
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["everything_denied"], false);

    let role = format!("grant role --portfolio {portfolio} --role recovery --member {caller} --member {operator}");
    assert_eq!(dao.json(&format!("{role} --seconds 7d --key owner.key")).await["effect"]["when"], "at_finality");
    let member = format!("grant show --portfolio {portfolio} --role recovery --member {operator}");
    assert!(dao.json(&member).await["member_until"].as_u64().unwrap() > now());
    assert_eq!(dao.json(&format!("{role} --end --key owner.key")).await["effect"]["when"], "at_once");
    assert_eq!(dao.json(&member).await["member_until"], 0);

    let grants = json!([{ "caller": caller, "class": "READ" }, { "role": "recovery", "operation": "vault.export", "statuses": ["Default"] }]);
    fs::write(dao.world.dir.join("grants.json"), grants.to_string()).unwrap();
    let rooted =
        dao.json(&format!("grant root --portfolio {portfolio} --grants grants.json --evidence shown --key owner.key")).await;
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["root"], rooted["root"]);
    for index in 0..2 {
        assert!(hex::decode(fs::read_to_string(dao.world.dir.join(format!("shown/{index}.evidence"))).unwrap()).is_ok());
    }
    assert_eq!(
        dao.json(&format!("grant root --portfolio {portfolio} --clear --key owner.key")).await["effect"]["when"],
        "at_once"
    );
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["root"], json!(B256::ZERO));
    for usage in [
        "grant add --portfolio 1 --key owner.key --seconds x",
        "grant root --portfolio 1 --key owner.key",
        "grant revoke --portfolio 1 --key owner.key",
    ] {
        assert_eq!(dao.run(usage).await.code, 2, "{usage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_for_a_safe_does_what_sending_does() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let printed = dao.json(&format!("pause --portfolio {portfolio} --print")).await;
    assert_eq!(
        (&printed["sent"], &printed["effect"]["when"], &printed["chain_id"]),
        (&json!(false), &json!("at_once"), &json!(1_337))
    );
    assert!(printed["by"].as_str().unwrap().contains("guardian"));
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], false, "printing paused it");
    dao.send_printed("guardian", &printed);
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], true);

    let written = dao.json(&format!("unpause --portfolio {portfolio} --safe batch.json")).await;
    let batch: Value = serde_json::from_str(&fs::read_to_string(dao.world.dir.join("batch.json")).unwrap()).unwrap();
    assert_eq!((&batch["version"], &batch["chainId"]), (&json!("1.0"), &json!("1337")));
    assert_eq!(batch["transactions"], written["transactions"]);
    dao.send_printed("owner", &batch);
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], false);

    let one = store(portfolio, 1);
    dao.json(&format!("pause --portfolio {portfolio} --store {one} --key guardian.key")).await;
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["paused"], &shown["portfolio_paused"]), (&json!(true), &json!(false)));
    let said = dao.run(&format!("portfolio offer --portfolio {portfolio} --to {} --print", dao.address("caller"))).await;
    assert!(said.out.contains("DEVNET data:  0x") && said.out.contains("DEVNET value: 0"), "{}", said.out);
    // Exactly one way out.
    for usage in ["", "--print --key owner.key", "--print --safe batch.json"] {
        assert_eq!(dao.run(&format!("pause --portfolio {portfolio} {usage}")).await.code, 2, "{usage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_operation_opens_after_its_wait_unless_it_is_vetoed_and_the_breaker_rests() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let unlock = format!("--portfolio {portfolio} --store {} --operation vault.export", store(portfolio, 1));
    let state = async || dao.json(&format!("unlock show {unlock}")).await["state"].as_str().unwrap().to_owned();
    assert_eq!(state().await, "none");
    let proposed = dao.json(&format!("unlock propose {unlock} --for 1d --key owner.key")).await;
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!((&proposed["effect"]["when"], &proposed["effect"]["not_before"]), (&json!("after_delay"), &json!(time + 2 * DAY)));
    assert_eq!(state().await, "proposed");
    dao.pass(2 * DAY).await;
    assert_eq!(state().await, "open");
    assert_eq!(dao.json(&format!("unlock veto {unlock} --key guardian.key")).await["effect"]["when"], "at_once");
    assert_eq!(state().await, "vetoed");
    dao.json(&format!("unlock propose {unlock} --for 30d --key owner.key")).await;
    dao.pass(33 * DAY).await;
    assert_eq!(state().await, "over");
    dao.refused(&format!("unlock propose {unlock} --key guardian.key"), "NotOwner").await;

    assert_eq!(dao.json("breaker open --key deployer.key").await["effect"]["when"], "at_once");
    assert_eq!(dao.json("breaker show").await["open"], true);
    dao.json("breaker close --key deployer.key").await;
    assert_eq!(dao.json("breaker show").await["open"], false);
    dao.refused("breaker open --key deployer.key", "BreakerTooSoon").await;
    dao.refused("breaker open --key owner.key", "NotBreaker").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_proposed_lives_after_the_delay_and_is_revoked_for_good_and_a_reset_can_be_vetoed() {
    let dao = Dao::new().await;
    assert_eq!(dao.run("reset show").await.code, 1, "no vault is on chain yet");
    create_vault(&dao);
    let shown = dao.json("image show").await;
    assert_eq!((&shown["state"], &shown["of_vault_file"]), (&json!("live"), &json!(true)));
    let other = B256::repeat_byte(0x77);
    let proposed = dao.json(&format!("image propose --image {other} --digest {other} --key admin.key")).await;
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!(proposed["effect"]["not_before"], time + 7 * DAY);
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "proposed");
    dao.pass(7 * DAY).await;
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "live");
    let revoked = dao.json(&format!("image revoke --image {other} --key guardian.key")).await;
    assert_eq!(revoked["effect"]["when"], "at_once");
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "revoked");
    dao.refused(&format!("image propose --image {other} --digest {other} --key admin.key"), "ImageKnown").await;
    let release = json!({ "format": 1, "pcrs": { "0": "01".repeat(48), "1": "02".repeat(48), "2": "03".repeat(48) } });
    fs::write(dao.world.dir.join("release.json"), release.to_string()).unwrap();
    let of_release = dao.json("image propose --of release.json --key admin.key").await;
    let shown = dao.json("image show --of release.json").await;
    assert_eq!((&shown["image"], &shown["state"]), (&of_release["image"], &json!("proposed")));
    dao.refused(&format!("image propose --image {} --digest {other} --key owner.key", B256::repeat_byte(0x78)), "NotAdmin").await;

    let root = dao.json("reset show").await["root"].as_str().unwrap().to_owned();
    let proposed = dao.json(&format!("reset propose --size 0 --root {root} --key admin.key")).await;
    assert_eq!(proposed["effect"]["when"], "after_delay");
    assert_eq!(dao.json("reset show").await["reset"]["from"], proposed["effect"]["not_before"]);
    assert_eq!(dao.json("reset veto --key guardian.key").await["effect"]["when"], "at_once");
    assert_eq!(dao.json("reset show").await["reset"], Value::Null);
    dao.refused("reset veto --key guardian.key", "NothingToVeto").await;
}

/// As `genesis` does, without an enclave.
fn create_vault(dao: &Dao) {
    let chain = &dao.world.chain;
    let accounts = chain.accounts();
    let connection = client::Connection::new(client::VaultFile::load(&dao.world.dir.join("vault.json")).unwrap()).unwrap();
    let key = SigningKey::from_slice(&[3; 32]).unwrap();
    let (registry, commitment) = (chain.contracts().vault_registry, B256::repeat_byte(5));
    let constitution = connection.constitution().digest();
    let digest = anchor::create_vault_digest(chain.config().chain_id, registry, connection.vault_id(), constitution, commitment);
    let public = anchor::public_key(&key);
    let (x, y) = public.split_at(32);
    let signature = anchor::sign(&key, &digest).unwrap();
    let new = NewVault {
        constitution,
        vault_key: P256Key { x: B256::from_slice(x), y: B256::from_slice(y) },
        root_commitment: commitment,
        image: connection.image_id().unwrap(),
        guardian: accounts.guardian.address,
        delay: 7 * DAY,
        signature: P256Sig { r: B256::from_slice(&signature[..32]), s: B256::from_slice(&signature[32..]) },
    };
    chain.execute(&accounts.admin, Some(registry), VaultAdmin(registry).create_vault(new).data).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_made_delegated_to_shown_and_revoked() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    for curve in ["p256", "secp256k1"] {
        let made = dao.json(&format!("agent new {curve}.key --curve {curve}")).await;
        assert_eq!(dao.run(&format!("agent new {curve}.key")).await.code, 1, "a key was overwritten");
        let agent = made["agent"].as_str().unwrap();
        let delegated = dao
            .json(&format!(
                "agent delegate --agent {agent} --portfolio {portfolio} --class READ --out {curve}.json --key caller.key"
            ))
            .await;
        assert_eq!((&delegated["signed"], &delegated["agent"]), (&json!(true), &made["id"]));
        let shown = dao.json(&format!("agent show {curve}.json")).await;
        assert_eq!((&shown["in_force"], &shown["revoked"]), (&json!(true), &json!(false)));
        let revoked = dao.json(&format!("agent revoke {curve}.json --key caller.key")).await;
        assert_eq!((&revoked["effect"]["when"], &revoked["agent"]), (&json!("at_once"), &made["id"]));
        let shown = dao.json(&format!("agent show {curve}.json")).await;
        assert_eq!((&shown["in_force"], &shown["revoked"]), (&json!(false), &json!(true)));
        for same in [agent, made["id"].as_str().unwrap(), &format!("{curve}.key")] {
            assert_eq!(dao.json(&format!("agent revoke {same} --print")).await["agent"], made["id"]);
        }
    }
    // For an account that is a contract: first the message, then its signature.
    let safe = Address::repeat_byte(0x5a);
    let unsigned = dao
        .json(&format!("agent delegate --agent p256.key --portfolio {portfolio} --out safe.json --caller {safe} --seconds 30d"))
        .await;
    assert_eq!((&unsigned["signed"], &unsigned["typed_data"]["primaryType"]), (&json!(false), &json!("Delegation")));
    assert_eq!(dao.json("agent show safe.json").await["in_force"], false);
    dao.json("agent signed safe.json --signature 0x0102").await;
    assert_eq!(dao.json("agent show safe.json").await["signed"], true);
    for usage in
        ["agent delegate --agent p256.key --portfolio 1 --out x.json", "call --agent p256.key --store 1:0x00 https://a.example/"]
    {
        assert_eq!(dao.run(usage).await.code, 2, "{usage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_help_that_says_its_exit_codes() {
    let dao = Dao::new().await;
    for command in [
        "portfolio create",
        "portfolio offer",
        "portfolio withdraw",
        "portfolio accept",
        "portfolio policy",
        "portfolio guardian",
        "portfolio servicer",
        "portfolio cancel",
        "store offer",
        "store withdraw",
        "store accept",
        "store status",
        "grant add",
        "grant revoke",
        "grant deny",
        "grant undeny",
        "grant role",
        "grant root",
        "pause",
        "unpause",
        "breaker open",
        "breaker close",
        "unlock propose",
        "unlock veto",
        "image propose",
        "image revoke",
        "reset propose",
        "reset veto",
        "agent revoke",
    ] {
        let said = dao.run(&format!("{command} --help")).await;
        assert_eq!(said.code, 0, "{command}");
        for part in ["Exit codes: 0", "--print", "--safe", "--key"] {
            assert!(said.out.contains(part), "{command} does not say {part}: {}", said.out);
        }
    }
}
