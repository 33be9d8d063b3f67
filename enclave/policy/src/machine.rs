//! The EVM as one vault runs it: its bounds, the code it has analysed, and the hashes it has taken.

use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use alloy_primitives::{B256, Bytes, keccak256};
use revm::state::Bytecode;

use crate::bounds::Bounds;
use crate::hashes::Hashes;

/// Bytes of code whose analysis is kept, all together. What the contracts of a vault and its busiest policies have is far less.
const KEPT: usize = 4 << 20;

/// Bounds, analysed code and hashes, shared by all runs of a vault. Code is named by its hash, and a hash is what it is, so what is kept
/// can't be out of date.
pub struct Machine {
    bounds: Bounds,
    analysed: Mutex<Analysed>,
    hashes: Mutex<Hashes>,
}

#[derive(Default)]
struct Analysed {
    codes: HashMap<B256, Bytecode>,
    bytes: usize,
}

impl Machine {
    /// A machine with these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, analysed: Mutex::default(), hashes: Mutex::default() }
    }

    /// How much one run may take.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Keccak-256 of a short input. Nobody waits for another run to look it up.
    pub(crate) fn hash(&self, input: &[u8]) -> B256 {
        self.hashes.try_lock().map_or_else(|_| keccak256(input), |mut hashes| hashes.of(input))
    }

    /// The analysis of `code`, which has this hash; `None` if it is no EVM code. Finding where a jump may go takes longer than most
    /// decisions run, so it is done once.
    pub(crate) fn analysed(&self, code_hash: B256, code: &[u8]) -> Option<Bytecode> {
        let mut analysed = self.analysed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = analysed.codes.get(&code_hash) {
            return Some(known.clone());
        }
        let bytecode = Bytecode::new_raw_checked(Bytes::copy_from_slice(code)).ok()?;
        let Analysed { codes, bytes } = &mut *analysed;
        let more = bytes.saturating_add(code.len());
        if more > KEPT {
            codes.clear();
        }
        *bytes = if more > KEPT { code.len() } else { more };
        codes.insert(code_hash, bytecode.clone());
        Some(bytecode)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new(Bounds::widest())
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(machine: &Machine) -> (usize, usize) {
        let analysed = machine.analysed.lock().unwrap();
        (analysed.codes.len(), analysed.bytes)
    }

    #[test]
    fn code_is_analysed_once_and_no_more_is_kept_than_the_bound() {
        let machine = Machine::default();
        for _ in 0..2 {
            assert!(machine.analysed(keccak256([0]), &[0]).is_some());
        }
        assert_eq!(kept(&machine), (1, 1));
        for number in 0..200_u8 {
            let code = [vec![0; 24_575], vec![number]].concat();
            assert!(machine.analysed(keccak256(&code), &code).is_some());
            assert!(kept(&machine).1 <= KEPT);
        }
        assert_eq!(machine.analysed(B256::ZERO, &[0xef, 0x01, 0x00]), None);
    }

    #[test]
    fn a_hash_is_the_same_while_another_run_looks_one_up() {
        let machine = Machine::default();
        let busy = machine.hashes.lock().unwrap();
        assert_eq!(machine.hash(&[7; 64]), keccak256([7; 64]));
        drop(busy);
        assert_eq!(machine.hash(&[7; 64]), keccak256([7; 64]));
    }
}
