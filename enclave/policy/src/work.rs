//! How much a decision may take, over all its rounds, operations and heads together.

use std::collections::BTreeMap;

use crate::bounds::Bounds;
use crate::wanted::Wanted;

/// One of the two heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    Finalized,
    Attested,
}

/// One question at one head: the account's is 0, then one for each operation.
pub(crate) type Place = (At, usize);

/// What a decision took so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    rounds: usize,
    gas: u64,
    /// What runs read that were discarded.
    read: BTreeMap<Place, Wanted>,
}

/// It took more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// [`Bounds::ROUNDS`].
    Rounds,
    /// [`Bounds::TOTAL_GAS`].
    Gas,
    /// [`Bounds::slots`], over all rounds.
    Slots,
    /// [`Bounds::accounts`], over all rounds.
    Accounts,
}

impl Work {
    /// Counts a run.
    pub(crate) fn ran(&mut self, gas: u64) -> Result<(), Exceeded> {
        self.gas = self.gas.saturating_add(gas);
        if self.gas > Bounds::TOTAL_GAS { Err(Exceeded::Gas) } else { Ok(()) }
    }

    /// Counts what a run read that is discarded for what it lacks.
    pub(crate) fn discarded(&mut self, place: Place, touched: &Wanted, bounds: &Bounds) -> Result<(), Exceeded> {
        let read = self.read.entry(place).or_default();
        read.merge(touched);
        bounded(read, bounds)
    }

    /// Counts what the last run read.
    pub(crate) fn returned(&mut self, place: Place, touched: &Wanted, bounds: &Bounds) -> Result<(), Exceeded> {
        let Some(mut read) = self.read.remove(&place) else { return Ok(()) };
        read.merge(touched);
        bounded(&read, bounds)
    }

    /// Counts a question to the host.
    pub(crate) fn asks(&mut self) -> Result<(), Exceeded> {
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > Bounds::ROUNDS { Err(Exceeded::Rounds) } else { Ok(()) }
    }
}

fn bounded(read: &Wanted, bounds: &Bounds) -> Result<(), Exceeded> {
    if read.accounts.len() > bounds.accounts() {
        return Err(Exceeded::Accounts);
    }
    if read.slots() > bounds.slots() { Err(Exceeded::Slots) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, U256};

    use super::*;

    const PLACE: Place = (At::Attested, 1);

    #[test]
    fn t38_no_round_beyond_the_bound() {
        let mut work = Work::default();
        for _ in 0..Bounds::ROUNDS {
            assert_eq!(work.asks(), Ok(()));
        }
        assert_eq!(work.asks(), Err(Exceeded::Rounds));
    }

    #[test]
    fn t38_gas_of_all_runs_adds_up() {
        let mut work = Work::default();
        assert_eq!(work.ran(Bounds::TOTAL_GAS), Ok(()));
        assert_eq!(work.ran(1), Err(Exceeded::Gas));
        assert_eq!(work.ran(u64::MAX), Err(Exceeded::Gas));
    }

    fn read(accounts: std::ops::Range<u8>, slots: std::ops::Range<u64>) -> Wanted {
        let mut read = Wanted::default();
        accounts.for_each(|account| read.account(Address::repeat_byte(account), false));
        slots.for_each(|slot| {
            read.slot(Address::ZERO, B256::from(U256::from(slot)));
        });
        read
    }

    #[test]
    fn t38_what_discarded_runs_read_counts_with_the_last() {
        let bounds = Bounds::widest();
        let mut work = Work::default();
        assert_eq!(work.discarded(PLACE, &read(0..1, 0..40), &bounds), Ok(()));
        assert_eq!(work.discarded(PLACE, &read(0..1, 20..64), &bounds), Ok(()));
        // Another question has a count of its own.
        assert_eq!(work.discarded((At::Finalized, 1), &read(0..1, 64..100), &bounds), Ok(()));
        assert_eq!(work.clone().returned(PLACE, &read(0..1, 0..64), &bounds), Ok(()));
        assert_eq!(work.clone().returned(PLACE, &read(0..1, 64..65), &bounds), Err(Exceeded::Slots));
        assert_eq!(work.discarded(PLACE, &read(0..17, 0..0), &bounds), Err(Exceeded::Accounts));
        assert_eq!(work.discarded((At::Attested, 2), &read(0..1, 0..65), &bounds), Err(Exceeded::Slots));
    }
}
