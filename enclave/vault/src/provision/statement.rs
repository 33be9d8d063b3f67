//! What the owner signed must be what the chain says and what the request brought.

use alloy_primitives::B256;
use credential::LOGIN;
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
    /// None for a login, which is no platform's.
    pub(super) preset: Option<Preset>,
    pub(super) selector: Vec<(String, String)>,
    /// Portfolio that the store was made in, wherever it is at home now.
    pub(super) origin: u64,
    /// Of the store; zero for a portfolio.
    pub(super) salt: B256,
}

/// Which generation a statement has to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Of a record that is made.
    First,
    /// Of one that is there; the place where it is made says which.
    Later,
}

/// Compares everything that apps, stores and logins have in common, and the host and account of a store or a login.
pub(super) fn checked(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    request: &ProvisionRequest,
    provision: Provision,
    names: Names,
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
    if (*generation == FIRST) != (names == Names::First) || *generation == 0 {
        return Err(no("provision.generation"));
    }
    let login = kind == What::Login.name();
    let preset = match Preset::of_id(preset) {
        None if login && preset == LOGIN => None,
        Some(preset) if !login => Some(preset),
        _ => return Err(no("provision.preset")),
    };
    let selector = Selector::read(selector).ok_or_else(|| no("provision.selector"))?.into_parts();
    if kind == What::App.name() {
        if !(host.is_empty() && account.is_empty() && selector.is_empty()) {
            return Err(no("provision.store"));
        }
    } else {
        let allowed = match preset {
            Some(preset) => preset.host_allowed(host) && egress_allowed(shared, host)?,
            // The vault never goes there.
            None => call::check_host(host).is_ok() && selector.is_empty(),
        };
        if !allowed || host == format::HOST {
            return Err(no("provision.host"));
        }
        if account.is_empty() || account.len() > 255 {
            return Err(no("provision.account"));
        }
    }
    let (origin, salt) = (permit.call().origin, permit.call().salt);
    Ok(Signed { provision, preset, selector, origin, salt })
}
