//! Where the contracts keep what a decision reads: `contracts/storage/*.json`, as far as guesses go.

use alloy_primitives::{B256, U256, b256, keccak256};

/// `StoreRegistry`.
pub(crate) mod registry {
    pub(crate) const VAULT_REGISTRY: u64 = 0;
    pub(crate) const PORTFOLIOS: u64 = 1;
    pub(crate) const STORES: u64 = 3;
    pub(crate) const LOOSENINGS: u64 = 4;
    pub(crate) const UNLOCKS: u64 = 6;
    pub(crate) const BREAKER: u64 = 7;
    pub(crate) const REVOKED: u64 = 8;

    /// A portfolio's slots: the owner's is 0, the policy's 1.
    pub(crate) const VAULT: u64 = 2;
    pub(crate) const NEXT_POLICY: u64 = 3;
    /// Bytes from the low end of a portfolio's first slot.
    pub(crate) const TENURE: usize = 20;
    /// In its second slot.
    pub(crate) const POLICY_CHANGES: usize = 29;
    /// In a store's slot.
    pub(crate) const LOOSENS: usize = 1;
    pub(crate) const HOME: usize = 12;
    pub(crate) const LEAD: usize = 20;
}

/// `VaultRegistry`.
pub(crate) mod vaults {
    pub(crate) const LIVE_FROM: u64 = 1;
}

/// `StoreAccessPolicy`.
pub(crate) mod policy {
    pub(crate) const REGISTRY: u64 = 0;
    pub(crate) const GRANTS: u64 = 1;
    pub(crate) const DENIALS: u64 = 2;
    pub(crate) const MEMBERS: u64 = 4;
    pub(crate) const ROOTS: u64 = 5;

    /// In a grant's first slot.
    pub(crate) const FLAGS: usize = 31;
    /// The grant has more slots that decide.
    pub(crate) const MORE: u8 = 2;
    /// The number of its constraints, from its first slot; spend and projection are before it.
    pub(crate) const WHERE: u64 = 3;
    /// Slots of a constraint.
    pub(crate) const CONSTRAINT: u64 = 3;
}

/// Implementation of an ERC-1967 proxy.
pub(crate) const IMPLEMENTATION: B256 = b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
/// A Safe's fallback handler, which answers `isValidSignature`.
pub(crate) const SAFE_HANDLER: B256 = b256!("6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5");
/// A Safe's threshold.
pub(crate) const SAFE_THRESHOLD: u64 = 4;

/// A slot by its number.
pub(crate) fn slot(number: u64) -> B256 {
    B256::from(U256::from(number))
}

/// The slot so many after another.
pub(crate) fn after(slot: B256, count: u64) -> B256 {
    U256::from_be_bytes(slot.0).wrapping_add(U256::from(count)).into()
}

/// Where a mapping at `at` has the value of `key`.
pub(crate) fn entry(at: B256, key: B256) -> B256 {
    let mut bytes = [0; 64];
    let (left, right) = bytes.split_at_mut(32);
    left.copy_from_slice(key.as_slice());
    right.copy_from_slice(at.as_slice());
    keccak256(bytes)
}

/// `N` bytes of a slot, so many from its low end.
pub(crate) fn field<const N: usize>(value: &[u8; 32], offset: usize) -> [u8; N] {
    let end = value.len().saturating_sub(offset);
    value.get(end.saturating_sub(N)..end).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn storage(contract: &str) -> Value {
        let path = format!("{}/../../contracts-bindings/contracts/storage/{contract}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Slot and offset of one of these variables or members.
    fn at(variables: &Value, label: &str) -> (u64, usize) {
        let variables = variables.as_array().unwrap();
        let variable = variables.iter().find(|variable| variable["label"] == label).unwrap_or_else(|| panic!("no {label}"));
        (variable["slot"].as_str().unwrap().parse().unwrap(), usize::try_from(variable["offset"].as_u64().unwrap()).unwrap())
    }

    #[test]
    fn places_are_those_of_the_compiled_contracts() {
        let layout = storage("StoreRegistry");
        for (label, slot) in [
            ("_vaultRegistry", registry::VAULT_REGISTRY),
            ("_portfolios", registry::PORTFOLIOS),
            ("_stores", registry::STORES),
            ("_loosenings", registry::LOOSENINGS),
            ("_unlocks", registry::UNLOCKS),
            ("_breaker", registry::BREAKER),
            ("_revoked", registry::REVOKED),
        ] {
            assert_eq!(at(&layout["variables"], label), (slot, 0), "{label}");
        }
        let portfolio = &layout["structs"]["t_struct(Portfolio)_storage"]["members"];
        assert_eq!(at(portfolio, "owner"), (0, 0));
        assert_eq!(at(portfolio, "tenure"), (0, registry::TENURE));
        assert_eq!(at(portfolio, "policy"), (1, 0));
        assert_eq!(at(portfolio, "policyChanges"), (1, registry::POLICY_CHANGES));
        assert_eq!(at(portfolio, "vault"), (registry::VAULT, 0));
        assert_eq!(at(portfolio, "nextPolicy"), (registry::NEXT_POLICY, 0));
        let store = &layout["structs"]["t_struct(Store)_storage"]["members"];
        assert_eq!(at(store, "loosens"), (0, registry::LOOSENS));
        assert_eq!(at(store, "home"), (0, registry::HOME));
        assert_eq!(at(store, "lead"), (0, registry::LEAD));

        assert_eq!(at(&storage("VaultRegistry")["variables"], "_liveFrom"), (vaults::LIVE_FROM, 0));

        let layout = storage("StoreAccessPolicy");
        for (label, slot) in [
            ("_registry", policy::REGISTRY),
            ("_grants", policy::GRANTS),
            ("_denials", policy::DENIALS),
            ("_members", policy::MEMBERS),
            ("_roots", policy::ROOTS),
        ] {
            assert_eq!(at(&layout["variables"], label), (slot, 0), "{label}");
        }
        let grant = &layout["structs"]["t_struct(Stored)_storage"]["members"];
        assert_eq!(at(grant, "flags"), (0, policy::FLAGS));
        assert_eq!((at(grant, "spend"), at(grant, "projection")), ((1, 0), (2, 0)));
        assert_eq!(at(grant, "where"), (policy::WHERE, 0));
        let constraint = &layout["structs"]["t_struct(Constraint)_storage"];
        assert_eq!(at(&constraint["members"], "values"), (policy::CONSTRAINT - 1, 0));
        assert_eq!(constraint["bytes"], (32 * policy::CONSTRAINT).to_string());
    }

    #[test]
    fn fields_are_counted_from_the_low_end() {
        let mut value = [0; 32];
        (value[31], value[30], value[0]) = (1, 2, 9);
        assert_eq!(field::<1>(&value, 0), [1]);
        assert_eq!(field::<2>(&value, 0), [2, 1]);
        assert_eq!(field::<1>(&value, 31), [9]);
        assert_eq!(field::<20>(&value, 20), [0; 20]);
    }

    #[test]
    fn a_slot_after_the_last_is_the_first() {
        assert_eq!(after(B256::repeat_byte(0xff), 1), B256::ZERO);
        assert_eq!(after(slot(7), 2), slot(9));
    }
}
