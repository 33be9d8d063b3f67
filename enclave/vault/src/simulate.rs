//! The dry run: what the contract decides for a call, and what that rests on. Opens nothing, sends nothing, writes nothing, reserves nothing.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contracts_bindings::StoreRegistry::authorizeCall;
use contracts_bindings::{Class, Status, rule_text};
use policy::{Authenticated, Identity, Operation, Wanted};
use protocol::http::{Request, Response};
use protocol::ledger::{Evidence, Head};
use serde_json::{Value, json};

use crate::call::{Answered, Denied, answered, decided, named_request, store_of};
use crate::conversation::Io;
use crate::internal::json_response;
use crate::refusal::Refusal;
use crate::state::Shared;

/// Runs the contract as it would run for the request in the body, and says what it decides, by which rule, at which heads, by which code,
/// with how much gas, and what it read. It tells the caller only what the chain tells anybody.
pub(crate) async fn simulate(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let request = Request::decode(&authenticated.request().body).map_err(|_| Refusal::Malformed("simulate.request"))?;
    let (_, operations) = named_request(&request)?;
    let names: Vec<Value> = operations
        .iter()
        .map(|Operation { name, class, params: _ }| json!({ "operation": name, "class": class_name(*class) }))
        .collect();
    let store = store_of(&authenticated, identity);
    let proven = match answered(io, shared, authenticated, operations, identity).await? {
        Answered::None { refusal: refusal @ (Refusal::StaleChain | Refusal::Unproven), .. } => return Err(refusal.into()),
        Answered::None { refusal, .. } => {
            let body = json!({ "allowed": false, "rule": refusal.rule(), "operations": names });
            return Ok(json_response(200, &body));
        }
        Answered::Proven(proven) => proven,
    };
    // Whoever likes may try what is permitted to others: it is no use of the store.
    shared.state().remember(store.0, false, proven.touched())?;
    let (touched, gas) = (read(proven.touched()), proven.gas());
    let (allowed, rule, evidence) = match decided(io, shared, *proven)? {
        Ok(permit) => (true, String::new(), permit.evidence()),
        Err(refused) => (false, refused.rule, refused.evidence),
    };
    let body = json!({
        "allowed": allowed,
        "rule": rule,
        "operations": names.into_iter().zip(&evidence.evaluations).map(|(mut named, evaluation)| {
            if let Some(object) = named.as_object_mut() {
                object.insert("finalized".to_owned(), answer(&evaluation.finalized));
                object.insert("attested".to_owned(), answer(&evaluation.attested));
            }
            named
        }).collect::<Vec<_>>(),
        "finalized": head(&evidence.finalized, gas.0),
        "attested": head(&evidence.attested, gas.1),
        "code": code(&evidence),
        "read": touched,
    });
    Ok(json_response(200, &body))
}

fn class_name(class: Class) -> String {
    format!("{class:?}").to_uppercase()
}

fn head(head: &Head, gas: u64) -> Value {
    json!({
        "slot": head.slot,
        "block": head.block_number,
        "block_hash": B256::from(*head.block_hash).to_string(),
        "state_root": B256::from(*head.state_root).to_string(),
        "gas": gas,
    })
}

/// What the contract said at one head.
fn answer(abi: &[u8]) -> Value {
    let Ok(answer) = authorizeCall::abi_decode_returns_validate(abi) else { return Value::Null };
    let (decision, subject) = (answer.decision, answer.subject);
    let limits: Vec<Value> = decision
        .limits
        .iter()
        .map(|limit| {
            json!({
                "bucket": limit.bucket.to_string(), "cost": limit.cost.to_string(), "capacity": limit.capacity.to_string(),
                "period": limit.period,
            })
        })
        .collect();
    json!({
        "allowed": decision.allowed,
        "rule": rule_text(decision.rule),
        "projection": decision.projection.to_string(),
        "limits": limits,
        "portfolio": subject.portfolio,
        "owner": subject.owner.to_string(),
        "tenure": subject.tenure,
        "status": Status::try_from(subject.status).ok().map(|status| format!("{status:?}")),
    })
}

fn code(evidence: &Evidence) -> Vec<Value> {
    let entry = |entry: &[u8]| {
        let (address, hash) = entry.split_at_checked(Address::len_bytes())?;
        Some(json!({ "address": Address::try_from(address).ok()?.to_string(), "hash": B256::try_from(hash).ok()?.to_string() }))
    };
    evidence.code.iter().filter_map(|code| entry(code.as_slice())).collect()
}

fn read(wanted: &Wanted) -> Vec<Value> {
    let slots = |slots: &std::collections::BTreeSet<B256>| slots.iter().map(ToString::to_string).collect::<Vec<_>>();
    wanted
        .accounts
        .iter()
        .map(|(address, account)| json!({ "address": address.to_string(), "slots": slots(&account.slots) }))
        .collect()
}
