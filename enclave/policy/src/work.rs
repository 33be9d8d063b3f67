//! How much a decision may take, over all its rounds, operations and heads together.

use crate::bounds::Bounds;

/// What a decision took so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    rounds: usize,
    gas: u64,
}

/// It took more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// [`Bounds::ROUNDS`].
    Rounds,
    /// [`Bounds::TOTAL_GAS`].
    Gas,
}

impl Work {
    /// Counts a run.
    pub(crate) fn ran(&mut self, gas: u64) -> Result<(), Exceeded> {
        self.gas = self.gas.saturating_add(gas);
        if self.gas > Bounds::TOTAL_GAS { Err(Exceeded::Gas) } else { Ok(()) }
    }

    /// Counts a question to the host.
    pub(crate) fn asks(&mut self) -> Result<(), Exceeded> {
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > Bounds::ROUNDS { Err(Exceeded::Rounds) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_round_beyond_the_bound() {
        let mut work = Work::default();
        for _ in 0..Bounds::ROUNDS {
            assert_eq!(work.asks(), Ok(()));
        }
        assert_eq!(work.asks(), Err(Exceeded::Rounds));
    }

    #[test]
    fn gas_of_all_runs_adds_up() {
        let mut work = Work::default();
        assert_eq!(work.ran(Bounds::TOTAL_GAS), Ok(()));
        assert_eq!(work.ran(1), Err(Exceeded::Gas));
        assert_eq!(work.ran(u64::MAX), Err(Exceeded::Gas));
    }
}
