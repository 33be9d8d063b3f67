//! Why a contract refused a transaction.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolInterface, sol};

use crate::StoreAccessPolicy::StoreAccessPolicyErrors;
use crate::StoreRegistry::StoreRegistryErrors;
use crate::VaultRegistry::VaultRegistryErrors;

sol! {
    /// What `require` with a text reverts with.
    error Error(string reason);
    /// What a failed assertion or a division by zero reverts with.
    error Panic(uint256 code);
}

/// An error of the three contracts by its name and fields, or the text of a plain revert; `None` for anything else.
#[must_use]
pub fn revert_reason(data: &[u8]) -> Option<String> {
    // Two contracts may have an error of one name; then it has one meaning too.
    StoreRegistryErrors::abi_decode(data)
        .map(|error| named(&format!("{error:?}")))
        .or_else(|_| StoreAccessPolicyErrors::abi_decode(data).map(|error| named(&format!("{error:?}"))))
        .or_else(|_| VaultRegistryErrors::abi_decode(data).map(|error| named(&format!("{error:?}"))))
        .or_else(|_| Error::abi_decode(data).map(|error| error.reason))
        .or_else(|_| Panic::abi_decode(data).map(|Panic { code }: Panic| panic_reason(code)))
        .ok()
}

fn panic_reason(code: U256) -> String {
    format!("panic {code:#04x}")
}

/// `NotOwner { portfolio: 1 }` out of `NotOwner(NotOwner { portfolio: 1 })`.
fn named(debug: &str) -> String {
    let inner = debug.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(debug).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::{StoreAccessPolicy, StoreRegistry, VaultRegistry};

    use super::*;

    #[test]
    fn an_error_of_each_contract_has_its_name_and_fields() {
        let cases = [
            (StoreRegistry::NotOwner { portfolio: 7 }.abi_encode(), "NotOwner { portfolio: 7 }"),
            (VaultRegistry::NoWriter {}.abi_encode(), "NoWriter"),
            (StoreAccessPolicy::StatusesInvalid { statuses: 16 }.abi_encode(), "StatusesInvalid { statuses: 16 }"),
            (Error { reason: "too late".to_owned() }.abi_encode(), "too late"),
            (Panic { code: U256::from(0x11) }.abi_encode(), "panic 0x11"),
        ];
        for (data, reason) in cases {
            assert_eq!(revert_reason(&data).unwrap(), reason);
        }
    }

    #[test]
    fn what_is_no_error_of_theirs_has_no_reason() {
        for data in [[].as_slice(), &[1, 2, 3], &[0xff; 36]] {
            assert_eq!(revert_reason(data), None);
        }
    }
}
