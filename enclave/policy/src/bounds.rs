//! How much one run of the EVM may take.

use contracts_bindings::AUTHORIZE_GAS;

/// Bounds of one run. They can be narrowed and never widened.
///
/// Every run starts from nothing on the state proven so far. Slots and accounts are those of one operation at one head, over all rounds
/// together: also what a run read that was discarded. What a decision takes in all its runs is bounded by [`Self::ROUNDS`] and
/// [`Self::TOTAL_GAS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    gas: u64,
    memory: u64,
    depth: usize,
    slots: usize,
    accounts: usize,
}

impl Bounds {
    /// Gas of a run: what the registry fixes for `authorize`.
    pub const GAS: u64 = AUTHORIZE_GAS;
    /// Bytes of EVM memory, all frames together. More than [`Self::GAS`] can buy within [`Self::DEPTH`] frames, so that this bound
    /// never changes a result that an unbounded node would give.
    pub const MEMORY: u64 = 16 << 20;
    /// Frames, the first included.
    pub const DEPTH: usize = 32;
    /// Distinct storage slots read.
    pub const SLOTS: usize = 64;
    /// Distinct accounts read.
    pub const ACCOUNTS: usize = 16;
    /// Bytes of an answer. The longest decision takes 1,056.
    pub const OUTPUT: usize = 4 << 10;
    /// Questions to the host for one decision, all its operations together. The reference policy behind a proxy takes all of them if nothing is
    /// proven: what the contract reads is asked for as soon as its place is known.
    pub const ROUNDS: usize = 6;
    /// Gas of all runs of one decision: every round, operation and head.
    pub const TOTAL_GAS: u64 = 60_000_000;

    /// The compiled-in maxima.
    #[must_use]
    pub const fn widest() -> Self {
        Self { gas: Self::GAS, memory: Self::MEMORY, depth: Self::DEPTH, slots: Self::SLOTS, accounts: Self::ACCOUNTS }
    }

    /// The smaller of each value and its compiled-in maximum.
    #[must_use]
    pub fn new(gas: u64, memory: u64, depth: usize, slots: usize, accounts: usize) -> Self {
        Self {
            gas: gas.min(Self::GAS),
            memory: memory.min(Self::MEMORY),
            depth: depth.min(Self::DEPTH),
            slots: slots.min(Self::SLOTS),
            accounts: accounts.min(Self::ACCOUNTS),
        }
    }

    /// Gas of a run.
    #[must_use]
    pub const fn gas(&self) -> u64 {
        self.gas
    }

    /// Bytes of EVM memory, all frames together.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// Frames, the first included.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Distinct storage slots read.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// Distinct accounts read.
    #[must_use]
    pub const fn accounts(&self) -> usize {
        self.accounts
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::widest()
    }
}
