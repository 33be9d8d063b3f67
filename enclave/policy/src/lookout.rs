//! Leave to look where a store's money goes, for nobody in particular.

use core::fmt;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use chain::ProvenState;
use contracts_bindings::Status;
use contracts_bindings::StoreRegistry::{breakerCall, portfolioOfCall, storeOfCall};
use contracts_bindings::VaultRegistry::isLiveCall;
use contracts_bindings::registry::StoreRef;
use protocol::ledger::Head;

use crate::bounds::Bounds;
use crate::machine::Machine;
use crate::prove::ledger_head;
use crate::upkeep::Registries;
use crate::view::{ViewCall, Viewed, view};
use crate::wanted::Wanted;

/// A store as the ledger knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Record id of its binding.
    pub binding: [u8; 32],
    /// Portfolio that it was made in.
    pub origin: u64,
    /// Its salt.
    pub salt: B256,
    /// Whether calls of it may still be made: its connection was not revoked, and its merchant need not authorise anew.
    pub live: bool,
}

/// Leave to ask the platform of one store the one question of its preset's watch, once, for seconds. It rests on the ledger (the store is
/// bound, its connection not revoked) and on a proven head that is young enough for a call (the image is live, the store this vault's and
/// not closed, and nothing paused), and on nobody's request. It opens what [`crate::Permit`] opens, into a type that only the compiled
/// watch takes: it can't become a call, nor can [`crate::Upkeep`] become it.
///
/// ```compile_fail,E0451
/// fn forge(lookout: policy::Lookout) -> policy::Lookout {
///     policy::Lookout { deadline_ms: u64::MAX, ..lookout }
/// }
/// ```
/// ```compile_fail,E0599
/// fn copy(lookout: &policy::Lookout) -> policy::Lookout {
///     lookout.clone()
/// }
/// ```
/// ```compile_fail,E0308
/// fn exchange(upkeep: policy::Upkeep) -> policy::Lookout {
///     upkeep
/// }
/// ```
#[must_use]
pub struct Lookout {
    binding: [u8; 32],
    store: B256,
    head: Head,
    deadline_ms: u64,
}

impl Lookout {
    /// Record id of the one binding.
    #[must_use]
    pub const fn binding(&self) -> &[u8; 32] {
        &self.binding
    }

    /// The one store.
    #[must_use]
    pub const fn store(&self) -> B256 {
        self.store
    }

    /// The proven head.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Unix milliseconds from which on it is void.
    #[must_use]
    pub const fn deadline_ms(&self) -> u64 {
        self.deadline_ms
    }

    /// Whether it may still be used.
    #[must_use]
    pub const fn live(&self, now_ms: u64) -> bool {
        now_ms < self.deadline_ms
    }
}

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookout(..)")
    }
}

/// Why there is no leave to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookoutError {
    /// The ledger says that no call of the store may be made.
    #[error("connection is not live")]
    Connection,
    /// The registry took this image back.
    #[error("image is not live")]
    Image,
    /// The store is closed, or in no portfolio of this vault that has an owner.
    #[error("store is closed or another vault's")]
    Closed,
    /// Store, portfolio or registry are paused.
    #[error("store is paused")]
    Paused,
    /// The registry gives no answer that can be read.
    #[error("registry gives no answer")]
    Registry,
}

/// How far it came.
#[derive(Debug)]
pub enum LookingOut {
    /// This has to be proven first.
    Missing(Wanted),
    /// There is none.
    Refused(LookoutError),
    /// It may be looked.
    Proven(Box<Lookout>),
}

/// Judges at one head, whose age is the caller's to bound as for a call. `asked_ms` is trusted time when the question was begun, and the
/// leave is good for `life_ms` from there.
#[must_use]
pub fn lookout(
    looked: &Looked,
    registries: &Registries,
    state: &ProvenState,
    machine: &Machine,
    asked_ms: u64,
    life_ms: u64,
) -> LookingOut {
    let Looked { binding, origin, salt, live } = looked;
    if !live || salt.is_zero() {
        return LookingOut::Refused(LookoutError::Connection);
    }
    match judged(*origin, *salt, registries, state, machine) {
        Err(ended) => ended,
        Ok(store) => {
            let deadline_ms = asked_ms.saturating_add(life_ms);
            LookingOut::Proven(Box::new(Lookout { binding: *binding, store, head: ledger_head(state.head()), deadline_ms }))
        }
    }
}

/// The store's id, if it may be looked at in the state's block.
fn judged(origin: u64, salt: B256, registries: &Registries, state: &ProvenState, machine: &Machine) -> Result<B256, LookingOut> {
    let Registries { chain_id, stores, vaults, vault_id, image } = registries;
    let refused = |error| Err(LookingOut::Refused(error));
    let mut missing: Option<Wanted> = None;
    let mut ask = |(to, code): (Address, B256), data: Vec<u8>| {
        let call = ViewCall { from: Address::ZERO, to, data: data.into(), gas: Bounds::GAS, chain_id: *chain_id };
        match view(state, &call, Some(code), machine) {
            Viewed::Output { data, .. } => Ok(Some(data)),
            Viewed::Error(_) => Err(LookingOut::Refused(LookoutError::Registry)),
            Viewed::Missing(wanted) => {
                match &mut missing {
                    Some(missing) => missing.merge(&wanted),
                    None => missing = Some(wanted),
                }
                Ok(None)
            }
        }
    };
    let image = ask(*vaults, isLiveCall { vault: *vault_id, image: *image }.abi_encode())?;
    let breaker = ask(*stores, breakerCall {}.abi_encode())?;
    let store = ask(*stores, storeOfCall { r#ref: StoreRef { origin, salt } }.abi_encode())?;
    let store = store.map(|data| storeOfCall::abi_decode_returns_validate(&data));
    // Which portfolio that is, the store says; until it does, the one it was made in is a good guess.
    let portfolio = store.as_ref().and_then(|store| store.as_ref().ok()).map_or(origin, |store| store.portfolio);
    let portfolio = ask(*stores, portfolioOfCall { portfolio }.abi_encode())?;
    let (Some(image), Some(breaker), Some(store), Some(portfolio)) = (image, breaker, store, portfolio) else {
        return Err(missing.map_or(LookingOut::Refused(LookoutError::Registry), LookingOut::Missing));
    };
    let (Ok(image), Ok(breaker), Ok(store), Ok(portfolio)) = (
        isLiveCall::abi_decode_returns_validate(&image),
        breakerCall::abi_decode_returns_validate(&breaker),
        store,
        portfolioOfCall::abi_decode_returns_validate(&portfolio),
    ) else {
        return refused(LookoutError::Registry);
    };
    if !image {
        return refused(LookoutError::Image);
    }
    let closed = Status::try_from(store.status).map_or(true, |status| status == Status::Closed);
    if closed || portfolio.owner.is_zero() || portfolio.vault != *vault_id {
        return refused(LookoutError::Closed);
    }
    let now = state.head().timestamp();
    let paused = [breaker.openUntil, portfolio.pausedUntil, store.pausedUntil];
    if paused.iter().any(|until| u64::try_from(*until).map_or(true, |until| now < until)) {
        return refused(LookoutError::Paused);
    }
    Ok(store.store)
}
