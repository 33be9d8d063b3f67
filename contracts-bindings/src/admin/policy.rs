//! `StoreAccessPolicy`.

use alloy_primitives::{Address, B256};

use super::seconds;
use crate::StoreAccessPolicy;
use crate::grants::Grant;
use crate::transaction::Transaction;

/// Makes transactions for the reference policy at an address. All are by the portfolio's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyAdmin(pub Address);

impl PolicyAdmin {
    /// A grant for the same subject, store and operation or class is replaced.
    #[must_use]
    pub fn grant(self, portfolio: u64, grants: Vec<Grant>) -> Transaction {
        Transaction::call(self.0, &StoreAccessPolicy::grantCall { portfolio, grants })
    }

    /// Ends grants by their ids.
    #[must_use]
    pub fn revoke(self, portfolio: u64, ids: Vec<B256>) -> Transaction {
        Transaction::call(self.0, &StoreAccessPolicy::revokeCall { portfolio, ids })
    }

    /// A denial beats every grant. `what` is an operation or a class's number, zero = everything; `subject` a caller or role, zero = everybody.
    #[must_use]
    pub fn set_denied(self, portfolio: u64, what: B256, subject: B256, denied: bool) -> Transaction {
        Transaction::call(self.0, &StoreAccessPolicy::setDeniedCall { portfolio, what, subject, denied })
    }

    /// `until` is the first second at which the membership is over; 0 ends it.
    #[must_use]
    pub fn set_role(self, portfolio: u64, role: B256, members: Vec<Address>, until: u64) -> Transaction {
        let until = seconds(until);
        Transaction::call(self.0, &StoreAccessPolicy::setRoleCall { portfolio, role, members, until })
    }

    /// The root of a [`GrantTree`](crate::GrantTree), and where its grants can be fetched. Zero ends all grants of the tree.
    #[must_use]
    pub fn set_grant_root(self, portfolio: u64, root: B256, uri: String) -> Transaction {
        Transaction::call(self.0, &StoreAccessPolicy::setGrantRootCall { portfolio, root, uri })
    }
}
