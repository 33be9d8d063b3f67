use contracts_bindings::StoreRegistry::authorizeReturn;
use contracts_bindings::registry::{Decision, Request, StoreRef, Subject};
use protocol::ledger::{Intent, ReceiptEntry, Salted, VERSION};

use super::*;
use crate::keys::AccountKey;

const VAULT: Vault = Vault { chain_id: 7, registry: Address::repeat_byte(0x51), id: B256::repeat_byte(0x52) };

fn key() -> AccountKey {
    AccountKey::from_bytes(&[7; 32]).unwrap()
}

fn call() -> Call {
    Call {
        caller: key().address(),
        origin: 3,
        salt: B256::repeat_byte(1),
        role: B256::ZERO,
        method: "GET".to_owned(),
        url: "https://shop.example/".to_owned(),
        headersHash: B256::ZERO,
        bodyHash: B256::ZERO,
        recipient: B256::ZERO,
        evidenceHash: keccak256([]),
        issuedAt: 1,
        expiresAt: 2,
        nonce: B256::ZERO,
        minFinalizedSlot: 0,
        enclave: B256::ZERO,
        enc: B256::ZERO,
    }
}

fn request() -> Request {
    Request {
        vault: VAULT.id,
        image: B256::ZERO,
        r#ref: StoreRef { origin: 3, salt: B256::repeat_byte(1) },
        caller: key().address(),
        agent: B256::ZERO,
        role: B256::ZERO,
        operation: keccak256("shopify.query.orders"),
        class: 1,
        requestHash: B256::ZERO,
        recipient: B256::ZERO,
        time: 1,
        params: Vec::new(),
        evidence: Bytes::new(),
    }
}

fn answer(allowed: bool) -> Bytes {
    let rule = contracts_bindings::rule(if allowed { "granted" } else { "grant.none" }).unwrap();
    let decision = Decision { allowed, rule, projection: B256::ZERO, limits: Vec::new() };
    authorizeCall::abi_encode_returns(&authorizeReturn { decision, subject: Subject::default() }).into()
}

fn head(block_number: u64) -> Head {
    let word = [u8::try_from(block_number).unwrap(); 32];
    Head { slot: block_number, root: word.into(), block_number, block_hash: word.into(), state_root: word.into() }
}

fn intent() -> Intent {
    let digest = call().eip712_signing_hash(&call::domain(VAULT.chain_id, VAULT.registry, VAULT.id));
    Intent {
        version: VERSION,
        boot_id: [1; 16].into(),
        time: 1,
        store: [2; 32].into(),
        call: SignedCallEntry {
            digest: digest.0.into(),
            call: call().abi_encode().into(),
            signature: CallerSignature::Key(key().sign(&digest).into()),
            agent: None,
        },
        evidence: Evidence {
            evaluations: vec![Evaluation {
                operation: "shopify.query.orders".to_owned(),
                request: authorizeCall { request: request() }.abi_encode()[4..].to_vec().into(),
                finalized: answer(true).to_vec().into(),
                attested: answer(true).to_vec().into(),
            }],
            finalized: head(10),
            attested: head(20),
            code: vec![[0x51; 52].into()],
        },
        budget: Vec::new(),
        record: [3; 32].into(),
        generation: 1,
    }
}

fn checked(change: impl FnOnce(&mut Intent)) -> Result<Checked> {
    let mut intent = intent();
    change(&mut intent);
    let salted = Salted { salt: [5; 32].into(), body: cbor::encode(&Body::Intent(intent)).into() };
    let entry = ReceiptEntry { index: 0, leaf: Vec::new().into(), salted, path: Vec::new(), checkpoint: String::new() };
    questions(&Receipt { version: VERSION, entries: vec![entry] }, &VAULT)
}

#[test]
fn each_decision_is_asked_again_at_its_head_with_its_gas() {
    let checked = checked(|_| {}).unwrap();
    assert_eq!(checked.heads, [head(10), head(20)]);
    assert_eq!(checked.questions.iter().map(|question| question.block).collect::<Vec<_>>(), [10, 20]);
    for question in &checked.questions {
        assert_eq!((question.to, question.gas), (VAULT.registry, AUTHORIZE_GAS));
        assert_eq!(question.data, Bytes::from(authorizeCall { request: request() }.abi_encode()));
        assert_eq!(question.compare(Some(&answer(true))).differs, None);
        let differs = question.compare(Some(&answer(false))).differs.unwrap();
        assert_eq!(differs, "the receipt says allowed by granted, the node refused by grant.none");
        assert!(question.compare(None).differs.unwrap().ends_with("the node gives no answer"));
    }
    assert_eq!(checked.code, [(Address::repeat_byte(0x51), B256::repeat_byte(0x51), [10, 20])]);
}

#[test]
fn a_contracts_signature_is_asked_again_at_both_heads() {
    let checked = checked(|intent| intent.call.signature = CallerSignature::Contract(vec![9].into())).unwrap();
    let asked: Vec<_> = checked.questions.iter().filter(|question| question.to == key().address()).collect();
    assert_eq!(
        asked.iter().map(|question| (question.block, question.gas)).collect::<Vec<_>>(),
        [(10, SIGNATURE_GAS), (20, SIGNATURE_GAS)]
    );
    assert!(asked[0].compare(Some(&Bytes::from([0; 32]))).differs.is_some());
    assert_eq!(asked[0].compare(Some(&asked[0].returned)).differs, None);
}

#[test]
fn t81_a_head_that_is_not_the_nodes_block_is_said_to_be_orphaned() {
    let (hash, other) = (B256::repeat_byte(10), B256::repeat_byte(11));
    let differs = |there| compare_head(&head(10), there).differs;
    assert_eq!(differs(Some((hash, hash))), None);
    assert!(differs(Some((other, hash))).unwrap().starts_with("orphaned"));
    assert!(differs(Some((hash, other))).unwrap().starts_with("the receipt's state root"));
    assert_eq!(differs(None).unwrap(), "the node has no such block");
}

#[test]
fn a_receipt_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Intent);
    fn asked(intent: &mut Intent, change: impl FnOnce(&mut Request)) {
        let mut request = request();
        change(&mut request);
        intent.evidence.evaluations[0].request = authorizeCall { request }.abi_encode()[4..].to_vec().into();
    }
    let changes: [(&str, Change); 11] = [
        ("digest", |intent| intent.call.digest = [0; 32].into()),
        ("signer", |intent| {
            let other = AccountKey::from_bytes(&[8; 32]).unwrap().sign(&B256::from(*intent.call.digest));
            intent.call.signature = CallerSignature::Key(other.into());
        }),
        ("call", |intent| intent.call.call = Call { origin: 4, ..call() }.abi_encode().into()),
        ("vault", |intent| asked(intent, |request| request.vault = B256::ZERO)),
        ("caller", |intent| asked(intent, |request| request.caller = Address::ZERO)),
        ("agent", |intent| asked(intent, |request| request.agent = B256::repeat_byte(1))),
        ("store", |intent| asked(intent, |request| request.r#ref.salt = B256::ZERO)),
        ("role", |intent| asked(intent, |request| request.role = B256::repeat_byte(1))),
        ("operation", |intent| intent.evidence.evaluations[0].operation = "shopify.query.shop".to_owned()),
        ("refused and used", |intent| intent.evidence.evaluations[0].attested = answer(false).to_vec().into()),
        ("no decision", |intent| intent.evidence.evaluations.clear()),
    ];
    for (what, change) in changes {
        assert!(checked(change).is_err(), "{what}");
    }
}
