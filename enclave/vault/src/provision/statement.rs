//! What the owner signed must be what the chain says and what the request brought.

use alloy_primitives::B256;
use platform::Preset;
use policy::{Identity, Permit, signer};
use protocol::call;
use protocol::provision::{self as format, Provision, ProvisionRequest, Selector, What, digest};

use super::{FIRST, no};
use crate::call::Denied;
use crate::conversation::Io;
use crate::perform::egress_allowed;
use crate::state::Shared;

/// A statement that was compared with the permit.
pub(super) struct Signed {
    pub(super) provision: Provision,
    pub(super) preset: Preset,
    pub(super) selector: Vec<(String, String)>,
    /// Of the store; zero for a portfolio.
    pub(super) salt: B256,
}

/// Compares everything that apps and stores have in common, and the host and account of a store.
pub(super) fn checked(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    request: &ProvisionRequest,
    provision: Provision,
    identity: &Identity,
) -> Result<Signed, Denied> {
    let Provision {
        owner,
        portfolio,
        store,
        policy,
        policyCodeHash,
        kind,
        preset,
        host,
        account,
        // Looked up where the record is made.
        app: _,
        connection: _,
        selector,
        generation,
        // Compared with the fields when the request was read.
        secretHash: _,
        expiresAt,
        enclave,
    } = &provision;
    let seconds = shared.state().time(io.now()).checked_div(1_000).unwrap_or(0);
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    let signed_by = signer(&digest(&provision, &domain), request.signature()).map_err(|_| no("provision.signature"))?;
    let subject = permit.subject();
    if signed_by != *owner || subject.owner != *owner {
        return Err(no("provision.owner"));
    }
    if subject.portfolio != *portfolio || permit.store() != *store {
        return Err(no("provision.store"));
    }
    // The policy is the one that the registry asked just now: its code ran.
    if !permit.called().contains(&(*policy, *policyCodeHash)) || *policy == identity.registry {
        return Err(no("provision.policy"));
    }
    if *enclave != B256::from(identity.enclave) || *expiresAt <= seconds {
        return Err(no("provision.expired"));
    }
    if *generation != FIRST {
        return Err(no("provision.generation"));
    }
    let preset = Preset::of_id(preset).ok_or_else(|| no("provision.preset"))?;
    let selector = Selector::read(selector).ok_or_else(|| no("provision.selector"))?.into_parts();
    if kind == What::App.name() {
        if !(host.is_empty() && account.is_empty() && selector.is_empty()) {
            return Err(no("provision.store"));
        }
    } else {
        if !preset.host_allowed(host) || host == format::HOST || !egress_allowed(shared, host)? {
            return Err(no("provision.host"));
        }
        if account.is_empty() || account.len() > 255 {
            return Err(no("provision.account"));
        }
    }
    let salt = permit.call().salt;
    Ok(Signed { provision, preset, selector, salt })
}
