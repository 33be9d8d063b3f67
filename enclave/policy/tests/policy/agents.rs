//! Agents: who may sign in a caller's name, what, how long, and until when.

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolStruct};
use contracts_bindings::{Class, StoreRegistry};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use policy::{
    AgentError, AuthenticateError, Authenticated, Authentication, Identity, Incoming, ReplayCache, Unverified, authenticate,
};
use protocol::call::{self, CallFields};
use protocol::signatures::{Agent, AgentKey, CallerSignature, Curve, Terms};
use secp256k1::{Message, Secp256k1, SecretKey};

use crate::support::account::{account_fields, confirmed, digest, owner_word, wallet, with_signatures};
use crate::support::call::{CALLER_KEY, address_of, authenticated_error, caller, fields, operation, sign};
use crate::support::world::{World, class_word, read_grant};
use crate::support::{ACCOUNT, Pair, orders};

const SECRET: [u8; 32] = [0x0a; 32];

fn key(curve: Curve) -> AgentKey {
    let point = match curve {
        Curve::Secp256k1 => {
            let key = SecretKey::from_byte_array(SECRET).unwrap().public_key(&Secp256k1::new());
            key.serialize_uncompressed()[1..].try_into().unwrap()
        }
        Curve::P256 => protocol::anchor::public_key(&SigningKey::from_slice(&SECRET).unwrap()),
    };
    AgentKey { curve, point: point.into() }
}

fn agent_signs(curve: Curve, digest: &B256) -> [u8; 64] {
    match curve {
        Curve::Secp256k1 => {
            let key = SecretKey::from_byte_array(SECRET).unwrap();
            Secp256k1::new().sign_ecdsa(Message::from_digest(digest.0), &key).serialize_compact()
        }
        Curve::P256 => {
            let signature: p256::ecdsa::Signature = SigningKey::from_slice(&SECRET).unwrap().sign_prehash(&digest.0).unwrap();
            signature.normalize_s().to_bytes().into()
        }
    }
}

fn terms(now: u64) -> Terms {
    Terms { portfolio: 1, scope: [0; 32].into(), from: now - 10, until: now + 1_000 }
}

/// A call that the agent signs, under terms that the caller signs.
fn delegated(identity: &Identity, fields: &CallFields, curve: Curve, terms: Terms) -> (Agent, B256) {
    let agent = Agent { key: key(curve), signature: agent_signs(curve, &digest(identity, fields)).into(), terms };
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    (agent, agent.delegation(fields.caller).eip712_signing_hash(&domain))
}

fn by_caller(digest: &B256) -> CallerSignature {
    CallerSignature::Key(sign(&CALLER_KEY, digest).into())
}

fn incoming(identity: &Identity, now: u64, curve: Curve, terms: Terms) -> Incoming {
    let (agent, delegation) = delegated(identity, &fields(now), curve, terms);
    with_signatures(&fields(now), &by_caller(&delegation), Some(&agent))
}

fn take(identity: &Identity, incoming: Incoming, now: u64) -> Authenticated {
    match authenticate(Unverified::new(incoming), identity, now * 1_000, &mut ReplayCache::new(10)).unwrap() {
        Authentication::Authenticated(authenticated) => authenticated,
        Authentication::Claimed(_) => panic!("a key signed"),
    }
}

/// READ is granted, to agents too.
fn world() -> World {
    let mut world = World::new();
    world.grant(contracts_bindings::grants::Grant { allowAgents: true, ..read_grant() });
    world
}

fn rule(world: &World, terms: impl Fn(u64) -> Terms, operations: &[policy::Operation]) -> Result<(), String> {
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let call = take(&identity, incoming(&identity, pair.now, Curve::Secp256k1, terms(pair.now)), pair.now);
    pair.decide(call, operations, &identity).map(|_| ()).map_err(|refused| refused.rule)
}

#[test]
fn an_agent_of_either_curve_calls_in_the_callers_name() {
    let world = world();
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    for curve in [Curve::Secp256k1, Curve::P256] {
        let call = take(&identity, incoming(&identity, pair.now, curve, terms(pair.now)), pair.now);
        assert_eq!(call.caller(), caller());
        // The receipt names the agent and its terms, and the caller's signature is of the delegation.
        let signed = call.signed();
        assert_eq!(signed.agent.unwrap().key, key(curve));
        assert_eq!(signed.agent.unwrap().terms, terms(pair.now));
        let permit = pair.decide(call, &[orders()], &identity).unwrap();
        let data = [StoreRegistry::authorizeCall::SELECTOR.as_slice(), &permit.evidence().evaluations[0].request].concat();
        let request = StoreRegistry::authorizeCall::abi_decode_validate(&data).unwrap().request;
        assert_eq!((request.caller, request.agent), (caller(), key(curve).id()));
    }
}

#[test]
fn a_contract_delegates_to_an_agent() {
    let owner = [0x61; 32];
    let mut world = World::new();
    world.grant(contracts_bindings::grants::Grant { subject: ACCOUNT.into_word(), allowAgents: true, ..read_grant() });
    world.put_code(ACCOUNT, wallet(), &[(B256::ZERO, owner_word(address_of(&owner)))]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let fields = account_fields(pair.now);
    let (agent, delegation) = delegated(&identity, &fields, Curve::P256, terms(pair.now));
    let signature = CallerSignature::Contract(sign(&owner, &delegation).to_vec().into());
    let call = confirmed(&mut pair, &identity, with_signatures(&fields, &signature, Some(&agent))).unwrap();
    assert!(pair.decide(call, &[orders()], &identity).is_ok());
}

#[test]
fn a_grant_that_is_for_no_agents_refuses_one() {
    assert!(rule(&World::granted(), terms, &[orders()]).is_err());
    assert_eq!(rule(&world(), terms, &[orders()]), Ok(()));
}

#[test]
fn t49_a_revoked_agent_stops_at_the_attested_head() {
    let mut world = world();
    let before = world.state();
    let identity = world.identity();
    world.must(caller(), world.registry, &StoreRegistry::revokeAgentCall { agent: key(Curve::P256).id() });
    for (finalized, attested) in [(before.clone(), world.state()), (world.state(), before)] {
        let mut pair = Pair::new(finalized, attested);
        let call = take(&identity, incoming(&identity, pair.now, Curve::P256, terms(pair.now)), pair.now);
        assert_eq!(pair.decide(call, &[orders()], &identity).unwrap_err().rule, "agent.revoked");
        // The caller itself, and its other agent, go on.
        let call = take(&identity, incoming(&identity, pair.now, Curve::Secp256k1, terms(pair.now)), pair.now);
        assert!(pair.decide(call, &[orders()], &identity).is_ok());
        let call = pair.call(&identity);
        assert!(pair.decide(call, &[orders()], &identity).is_ok());
    }
}

#[test]
fn t49_a_delegation_begins_and_ends() {
    let world = world();
    let identity = world.identity();
    let now = 1_800_000_000;
    let error = |from, until| {
        let terms = Terms { from, until, ..terms(now) };
        authenticated_error(&identity, incoming(&identity, now, Curve::Secp256k1, terms), now)
    };
    assert_eq!(error(now + 1, now + 9), AuthenticateError::Agent(AgentError::NotYet));
    assert_eq!(error(now - 9, now), AuthenticateError::Agent(AgentError::Expired));
    assert_eq!(error(now, now), AuthenticateError::Agent(AgentError::Expired));
    let _ = take(&identity, incoming(&identity, now, Curve::Secp256k1, Terms { from: now, until: now + 1, ..terms(now) }), now);
}

#[test]
fn t65_a_permit_does_not_outlive_its_agents_delegation() {
    let world = world();
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let ends = Terms { until: pair.now + 3, ..terms(pair.now) };
    let call = take(&identity, incoming(&identity, pair.now, Curve::Secp256k1, ends), pair.now);
    let permit = pair.decide(call, &[orders()], &identity).unwrap();
    assert_eq!(permit.deadline_ms(), (pair.now + 3) * 1_000);
}

#[test]
fn a_delegation_is_for_one_portfolio() {
    for portfolio in [0, 2] {
        assert_eq!(rule(&world(), |now| Terms { portfolio, ..terms(now) }, &[orders()]).unwrap_err(), "delegation.portfolio");
    }
}

#[test]
fn a_scope_is_an_operation_or_a_class_or_everything_the_caller_may() {
    let world = world();
    let other = operation("shopify.query.products", Class::Read);
    let scoped = |scope: B256, operations: &[policy::Operation]| {
        rule(&world, |now| Terms { scope: scope.0.into(), ..terms(now) }, operations)
    };
    let outside = Err("delegation.scope".to_owned());
    let one = keccak256("shopify.query.orders");
    assert_eq!(scoped(B256::ZERO, &[orders(), other.clone()]), Ok(()));
    assert_eq!(scoped(one, &[orders()]), Ok(()));
    assert_eq!(scoped(one, std::slice::from_ref(&other)), outside);
    assert_eq!(scoped(one, &[orders(), other.clone()]), outside);
    assert_eq!(scoped(class_word(Class::Read), &[orders(), other]), Ok(()));
    assert_eq!(scoped(class_word(Class::Write), &[orders()]), outside);
}

#[test]
fn each_field_of_a_delegation_is_signed() {
    let identity = world().identity();
    let now = 1_800_000_000;
    let (agent, delegation) = delegated(&identity, &fields(now), Curve::P256, terms(now));
    let signature = by_caller(&delegation);
    let wrong = |agent: &Agent| {
        assert_eq!(
            authenticated_error(&identity, with_signatures(&fields(now), &signature, Some(agent)), now),
            AuthenticateError::WrongSigner
        );
    };
    let Terms { portfolio, scope: _, from, until } = agent.terms;
    wrong(&Agent { terms: Terms { portfolio: portfolio + 1, ..agent.terms }, ..agent });
    wrong(&Agent { terms: Terms { scope: [1; 32].into(), ..agent.terms }, ..agent });
    wrong(&Agent { terms: Terms { from: from - 1, ..agent.terms }, ..agent });
    wrong(&Agent { terms: Terms { until: until + 1, ..agent.terms }, ..agent });
    // Another agent, who did sign the call.
    let (other, _) = delegated(&identity, &fields(now), Curve::Secp256k1, terms(now));
    wrong(&other);
    // For another vault, registry or chain.
    for elsewhere in [
        Identity { vault_id: B256::repeat_byte(9), ..identity.clone() },
        Identity { registry: ACCOUNT, ..identity.clone() },
        Identity { chain_id: 1, ..identity.clone() },
    ] {
        let (_, delegation) = delegated(&elsewhere, &fields(now), Curve::P256, terms(now));
        let incoming = with_signatures(&fields(now), &by_caller(&delegation), Some(&agent));
        assert_eq!(authenticated_error(&identity, incoming, now), AuthenticateError::WrongSigner);
    }
    // The caller's signature of the call is none of the delegation.
    let incoming = with_signatures(&fields(now), &by_caller(&digest(&identity, &fields(now))), Some(&agent));
    assert_eq!(authenticated_error(&identity, incoming, now), AuthenticateError::WrongSigner);
}

#[test]
fn t66_an_agent_signs_one_call_for_one_enclave_and_one_envelope() {
    let identity = world().identity();
    let now = 1_800_000_000;
    let refused = |incoming| {
        assert_eq!(authenticated_error(&identity, incoming, now), AuthenticateError::Agent(AgentError::Signature));
    };
    for curve in [Curve::Secp256k1, Curve::P256] {
        let mut sealed_again = incoming(&identity, now, curve, terms(now));
        sealed_again.enc[1] ^= 1;
        refused(sealed_again);
        let mut other_body = incoming(&identity, now, curve, terms(now));
        other_body.request.body.push(b' ');
        refused(other_body);
    }
}

#[test]
fn t57_an_agents_signature_has_low_s_and_its_key_is_a_point_of_its_curve() {
    let identity = world().identity();
    let now = 1_800_000_000;
    let orders = [
        (Curve::Secp256k1, alloy_primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256)),
        (Curve::P256, alloy_primitives::uint!(0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551_U256)),
    ];
    for (curve, order) in orders {
        let (agent, delegation) = delegated(&identity, &fields(now), curve, terms(now));
        let error = |agent: Agent| {
            authenticated_error(&identity, with_signatures(&fields(now), &by_caller(&delegation), Some(&agent)), now)
        };
        let mut high = *agent.signature;
        let s = U256::from_be_slice(&high[32..]);
        high[32..].copy_from_slice(&(order - s).to_be_bytes::<32>());
        for signature in [high, [0; 64], [0xff; 64]] {
            let forged = Agent { signature: signature.into(), ..agent };
            assert_eq!(error(forged), AuthenticateError::Agent(AgentError::Signature), "{curve:?}");
        }
        let mut off = *agent.key.point;
        off[63] ^= 1;
        let off = Agent { key: AgentKey { point: off.into(), ..agent.key }, ..agent };
        assert_eq!(error(off), AuthenticateError::Agent(AgentError::Key));
        // The same numbers on the other curve are no point there.
        let other = if curve == Curve::P256 { Curve::Secp256k1 } else { Curve::P256 };
        let moved = Agent { key: AgentKey { curve: other, ..agent.key }, ..agent };
        assert_eq!(error(moved), AuthenticateError::Agent(AgentError::Key));
    }
}
