//! What a call does, by name.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::Class;
use contracts_bindings::registry::Param;

/// One named operation of a call. `platform` names what goes to a platform, `vault` what the vault does itself.
#[derive(Clone, Debug)]
pub struct Operation {
    /// For example `shopify.query.orders`; its keccak256 is `Request.operation`.
    pub name: String,
    /// Its one class.
    pub class: Class,
    /// Sorted by name.
    pub params: Vec<Param>,
}

impl Operation {
    /// `Request.operation`.
    #[must_use]
    pub fn id(&self) -> B256 {
        keccak256(&self.name)
    }
}
