//! Limits, counted by the vault: reserved before the call, given back only if nothing was sent.

use std::collections::HashMap;

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolValue;
use contracts_bindings::registry::{Limit, Subject};
use protocol::ledger::Reservation;

/// What was spent of each bucket in each window.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    spent: HashMap<([u8; 32], u64), u128>,
}

/// A limit has no room for the cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// The vault's own name of a bucket: keccak256(abi.encode(portfolio, tenure, bucket)), so that one portfolio or tenure can't spend
/// another's.
fn namespaced(subject: &Subject, bucket: B256) -> B256 {
    keccak256((subject.portfolio, subject.tenure, bucket).abi_encode())
}

impl Budget {
    /// Reserves every limit or none. `seconds` is the trusted time; a period's windows are aligned to the unix epoch, and period 0 is
    /// one window for ever.
    pub(crate) fn reserve(&mut self, limits: &[(Subject, Limit)], seconds: u64) -> Result<Vec<Reservation>, Exhausted> {
        let mut reserved: Vec<Reservation> = Vec::new();
        for (subject, limit) in limits {
            let bucket = namespaced(subject, limit.bucket);
            let window = seconds.checked_div(u64::from(limit.period)).unwrap_or(0);
            let spent = self.spent.get(&(bucket.0, window)).copied().unwrap_or(0);
            match spent.checked_add(limit.cost) {
                Some(total) if total <= limit.capacity => {
                    self.spent.insert((bucket.0, window), total);
                    reserved.push(Reservation { bucket: bucket.0.into(), window, cost: limit.cost.to_be_bytes().into() });
                }
                _ => {
                    self.give_back(&reserved);
                    return Err(Exhausted);
                }
            }
        }
        Ok(reserved)
    }

    /// Counts reservations that the ledger remembers.
    pub(crate) fn count(&mut self, reserved: &[Reservation]) {
        for reservation in reserved {
            let spent = self.spent.entry((*reservation.bucket, reservation.window)).or_default();
            *spent = spent.saturating_add(u128::from_be_bytes(*reservation.cost));
        }
    }

    /// Gives back what was reserved for a call that never left.
    pub(crate) fn give_back(&mut self, reserved: &[Reservation]) {
        for reservation in reserved {
            if let Some(spent) = self.spent.get_mut(&(*reservation.bucket, reservation.window)) {
                *spent = spent.saturating_sub(u128::from_be_bytes(*reservation.cost));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(portfolio: u64, tenure: u32) -> Subject {
        Subject {
            store: B256::ZERO,
            portfolio,
            owner: alloy_primitives::Address::ZERO,
            tenure,
            status: 0,
            statusSince: alloy_primitives::aliases::U40::ZERO,
        }
    }

    fn limit(cost: u128, capacity: u128, period: u32) -> Limit {
        Limit { bucket: B256::repeat_byte(1), cost, capacity, period }
    }

    #[test]
    fn a_period_of_zero_is_one_window_for_ever() {
        let mut budget = Budget::default();
        assert!(budget.reserve(&[(subject(1, 1), limit(1, 1, 0))], 10).is_ok());
        assert_eq!(budget.reserve(&[(subject(1, 1), limit(1, 1, 0))], u64::MAX), Err(Exhausted));
    }

    #[test]
    fn the_next_window_has_room_again() {
        let mut budget = Budget::default();
        assert!(budget.reserve(&[(subject(1, 1), limit(2, 2, 60))], 59).is_ok());
        assert_eq!(budget.reserve(&[(subject(1, 1), limit(1, 2, 60))], 59), Err(Exhausted));
        assert!(budget.reserve(&[(subject(1, 1), limit(1, 2, 60))], 60).is_ok());
    }

    #[test]
    fn another_portfolio_or_tenure_has_its_own_bucket() {
        let mut budget = Budget::default();
        assert!(budget.reserve(&[(subject(1, 1), limit(1, 1, 0))], 0).is_ok());
        assert!(budget.reserve(&[(subject(1, 2), limit(1, 1, 0))], 0).is_ok());
        assert!(budget.reserve(&[(subject(2, 1), limit(1, 1, 0))], 0).is_ok());
    }

    #[test]
    fn all_limits_are_reserved_or_none() {
        let mut budget = Budget::default();
        let two = [(subject(1, 1), limit(1, 5, 0)), (subject(2, 1), limit(9, 5, 0))];
        assert_eq!(budget.reserve(&two, 0), Err(Exhausted));
        assert!(budget.reserve(&[(subject(1, 1), limit(5, 5, 0))], 0).is_ok());
    }

    #[test]
    fn t18_what_the_ledger_remembers_counts_after_a_restart() {
        let mut before = Budget::default();
        let reserved = before.reserve(&[(subject(1, 1), limit(1, 1, 0))], 0).unwrap();
        let mut after = Budget::default();
        after.count(&reserved);
        assert_eq!(after.reserve(&[(subject(1, 1), limit(1, 1, 0))], 0), Err(Exhausted));
        after.give_back(&reserved);
        assert!(after.reserve(&[(subject(1, 1), limit(1, 1, 0))], 0).is_ok());
    }
}
