//! What `sol!` makes of the artifacts. One module per contract, because each brings its own copy of the shared structs.

pub use self::{store_access_policy::StoreAccessPolicy, store_registry::StoreRegistry, vault_registry::VaultRegistry};

pub(crate) use self::store_access_policy::IStoreAccessPolicyAdmin;

#[expect(missing_docs, reason = "generated; the documentation is in Interfaces.sol")]
mod store_registry {
    alloy_sol_types::sol!(
        #[derive(Debug, Default, PartialEq, Eq)]
        StoreRegistry,
        "contracts/artifacts/StoreRegistry.json"
    );
}

#[expect(missing_docs, reason = "generated; the documentation is in Interfaces.sol")]
mod store_access_policy {
    alloy_sol_types::sol!(
        #[derive(Debug, Default, PartialEq, Eq)]
        StoreAccessPolicy,
        "contracts/artifacts/StoreAccessPolicy.json"
    );
}

mod vault_registry {
    alloy_sol_types::sol!(
        #[derive(Debug, Default, PartialEq, Eq)]
        VaultRegistry,
        "contracts/artifacts/VaultRegistry.json"
    );
}
