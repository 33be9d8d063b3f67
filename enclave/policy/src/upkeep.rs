//! Leave to keep a connection's tokens good, for nobody in particular.

use core::fmt;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use chain::ProvenState;
use contracts_bindings::Status;
use contracts_bindings::StoreRegistry::subjectOfCall;
use contracts_bindings::VaultRegistry::isLiveCall;
use contracts_bindings::registry::StoreRef;
use protocol::ledger::Head;

use crate::bounds::Bounds;
use crate::machine::Machine;
use crate::prove::ledger_head;
use crate::view::{ViewCall, Viewed, view};
use crate::wanted::Wanted;

/// Seconds that a head may be old: tokens survive a host without a chain for a week, and a closed store's for no longer.
pub const UPKEEP_HEAD_AGE: u64 = 7 * 86_400;
/// Milliseconds that an upkeep is good for: one round trip to a token endpoint and what has to be written before it.
const LIFE: u64 = 60_000;

/// What the ledger says of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Record id.
    pub connection: [u8; 32],
    /// Portfolio that a store of it was made in.
    pub origin: u64,
    /// That store's salt.
    pub salt: B256,
    /// Whether the connection may still be used.
    pub live: bool,
}

/// Who is asked about it, and as whom.
#[derive(Clone, Copy, Debug)]
pub struct Registries {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// `StoreRegistry` and keccak256 of its code.
    pub stores: (Address, B256),
    /// `VaultRegistry` and keccak256 of its code.
    pub vaults: (Address, B256),
    /// Vault id.
    pub vault_id: B256,
    /// keccak256(PCR0 || PCR1 || PCR2).
    pub image: B256,
}

/// Leave to ask the token endpoint of one connection's preset, once, for a minute: with [`crate::Permit`] and [`crate::Lookout`] all the
/// evidence that opens a credential. It rests on the ledger (the connection is live) and on a proven head at most 7 days old (the image is live, the store not
/// closed), on nobody's request and on no pause.
///
/// ```compile_fail,E0451
/// fn forge(upkeep: policy::Upkeep) -> policy::Upkeep {
///     policy::Upkeep { deadline_ms: u64::MAX, ..upkeep }
/// }
/// ```
/// ```compile_fail,E0599
/// fn copy(upkeep: &policy::Upkeep) -> policy::Upkeep {
///     upkeep.clone()
/// }
/// ```
#[must_use]
pub struct Upkeep {
    connection: [u8; 32],
    store: B256,
    head: Head,
    deadline_ms: u64,
}

impl Upkeep {
    /// The one connection.
    #[must_use]
    pub const fn connection(&self) -> &[u8; 32] {
        &self.connection
    }

    /// The store that it is kept up for.
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

impl fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upkeep(..)")
    }
}

/// Why there is no upkeep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpkeepError {
    /// The ledger says that the connection may not be used.
    #[error("connection is not live")]
    Connection,
    /// The head is older than [`UPKEEP_HEAD_AGE`].
    #[error("head is older than seven days")]
    Head,
    /// The registry took this image back.
    #[error("image is not live")]
    Image,
    /// The store is closed, or in no portfolio that has an owner.
    #[error("store is closed")]
    Closed,
    /// The registry gives no answer that can be read.
    #[error("registry gives no answer")]
    Registry,
}

/// How far it came.
#[derive(Debug)]
pub enum Upkeeping {
    /// This has to be proven first.
    Missing(Wanted),
    /// There is none.
    Refused(UpkeepError),
    /// It may be kept up.
    Proven(Box<Upkeep>),
}

/// Judges at one head. `now_ms` is trusted time.
#[must_use]
pub fn upkeep(standing: &Standing, registries: &Registries, state: &ProvenState, machine: &Machine, now_ms: u64) -> Upkeeping {
    let Standing { connection, origin, salt, live } = standing;
    if !live || salt.is_zero() {
        return Upkeeping::Refused(UpkeepError::Connection);
    }
    let over = state.head().timestamp().saturating_add(UPKEEP_HEAD_AGE).saturating_mul(1_000);
    if now_ms >= over {
        return Upkeeping::Refused(UpkeepError::Head);
    }
    let Registries { chain_id, stores, vaults, vault_id, image } = registries;
    let call = |to: Address, data: Vec<u8>| ViewCall {
        from: Address::ZERO,
        to,
        data: data.into(),
        gas: Bounds::GAS,
        chain_id: *chain_id,
    };
    let is_live = call(vaults.0, isLiveCall { vault: *vault_id, image: *image }.abi_encode());
    let subject_of = call(stores.0, subjectOfCall { r#ref: StoreRef { origin: *origin, salt: *salt } }.abi_encode());
    let (image, subject) =
        match (view(state, &is_live, Some(vaults.1), machine), view(state, &subject_of, Some(stores.1), machine)) {
            (Viewed::Missing(mut wanted), Viewed::Missing(more)) => {
                wanted.merge(&more);
                return Upkeeping::Missing(wanted);
            }
            (Viewed::Missing(wanted), _) | (_, Viewed::Missing(wanted)) => return Upkeeping::Missing(wanted),
            (Viewed::Output { data: image, .. }, Viewed::Output { data: subject, .. }) => (image, subject),
            (Viewed::Error(_), _) | (_, Viewed::Error(_)) => return Upkeeping::Refused(UpkeepError::Registry),
        };
    let (Ok(image), Ok(subject)) =
        (isLiveCall::abi_decode_returns_validate(&image), subjectOfCall::abi_decode_returns_validate(&subject))
    else {
        return Upkeeping::Refused(UpkeepError::Registry);
    };
    if !image {
        return Upkeeping::Refused(UpkeepError::Image);
    }
    let closed = Status::try_from(subject.status).map_or(true, |status| status == Status::Closed);
    if closed || subject.owner.is_zero() {
        return Upkeeping::Refused(UpkeepError::Closed);
    }
    let deadline_ms = now_ms.saturating_add(LIFE).min(over);
    let head = ledger_head(state.head());
    Upkeeping::Proven(Box::new(Upkeep { connection: *connection, store: subject.store, head, deadline_ms }))
}
