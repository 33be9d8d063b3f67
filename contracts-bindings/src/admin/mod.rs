//! Every change that an owner, guardian, servicer or admin can make, as a transaction.
//!
//! Seconds are Unix time and are cut to the contracts' 40 bits: what is later than the year 36812 is "without end".

mod deployment;
mod policy;
mod registry;
mod vault;

use alloy_primitives::aliases::U40;

pub use deployment::{Addresses, Deployment};
pub use policy::PolicyAdmin;
pub use registry::{Change, NewPortfolio, RegistryAdmin, Seats};
pub use vault::{NewVault, VaultAdmin};

/// As `until`: no end.
pub const FOREVER: u64 = (1 << 40) - 1;

fn seconds(value: u64) -> U40 {
    U40::saturating_from(value)
}
