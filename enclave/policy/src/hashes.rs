//! Hashes that contracts take again and again: of a mapping's key and place, of a grant's name.
//!
//! They are a third of what a decision costs, and nearly all of them are those of the other head and of the call before. What is remembered
//! is found by all its bytes, and was hashed when it was put there: an answer is the hash or it is not there.

use core::fmt;
use core::mem;
use std::collections::HashMap;

use alloy_primitives::{B256, U256, keccak256};
use revm::context_interface::Host;
use revm::interpreter::instructions::system;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::MemoryTr;
use revm::interpreter::{InstructionContext, InstructionExecResult};

use crate::evm::Ctx;

/// Bytes of an input that is remembered, at most: six words. A mapping's key is two, what names a grant is five.
const LONGEST: usize = 192;
/// Inputs of one generation. There are two, so that what is used stays, whatever else comes: some 3 MB at most.
const KEPT: usize = 8_192;

/// Inputs and their Keccak-256.
#[derive(Default)]
pub(crate) struct Hashes {
    young: HashMap<Box<[u8]>, B256>,
    /// What was young before. What is asked for again is young again, and the rest goes with the next change.
    old: HashMap<Box<[u8]>, B256>,
}

impl Hashes {
    /// Keccak-256 of the input.
    pub(crate) fn of(&mut self, input: &[u8]) -> B256 {
        if let Some(hash) = self.young.get(input) {
            return *hash;
        }
        let (input, hash) = self.old.remove_entry(input).unwrap_or_else(|| (input.into(), keccak256(input)));
        if self.young.len() >= KEPT {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(input, hash);
        hash
    }
}

impl fmt::Debug for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashes(..)")
    }
}

/// KECCAK256. Where it would succeed without growing the memory, it does as revm's own does, with a hash that may be remembered: it pops the offset,
/// takes the words' gas, and puts the hash in the length's place. Everything else, and whatever ends the frame, is revm's to do, from
/// the beginning: nothing was changed by then.
pub(crate) fn instruction(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> InstructionExecResult {
    let interpreter = &mut *context.interpreter;
    let short = match interpreter.stack.data().as_slice() {
        [.., length, offset] => in_memory(*offset, *length, interpreter.memory.size()),
        _ => None,
    };
    let Some((offset, length)) = short else { return system::keccak256(context) };
    let cost = context.host.gas_params().keccak256_cost(length);
    if interpreter.gas.remaining() < cost || !interpreter.gas.record_regular_cost(cost) {
        return system::keccak256(context);
    }
    let hash = {
        let input = interpreter.memory.slice_len(offset, length);
        context.host.journaled_state.database.hash(&input)
    };
    if let Some((_, top)) = interpreter.stack.popn_top::<1>() {
        *top = hash.into();
    }
    Ok(())
}

/// Offset and length of an input that is short, not empty, and in memory.
fn in_memory(offset: U256, length: U256, size: usize) -> Option<(usize, usize)> {
    let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
    let end = offset.checked_add(length)?;
    ((1..=LONGEST).contains(&length) && end <= size).then_some((offset, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(number: usize) -> Vec<u8> {
        number.to_be_bytes().repeat(1 + number % 24)
    }

    #[test]
    fn a_hash_is_the_hash_the_first_time_and_every_other() {
        let mut hashes = Hashes::default();
        for _ in 0..3 {
            for number in 0..1_000 {
                assert_eq!(hashes.of(&input(number)), keccak256(input(number)));
            }
        }
        // Of one length, and of one beginning.
        assert_ne!(hashes.of(&[0; 64]), hashes.of(&[0; 65]));
        assert_eq!(hashes.of(&[0; 64]), keccak256([0; 64]));
    }

    #[test]
    fn t38_no_more_inputs_are_remembered_than_the_bound_and_those_in_use_stay() {
        let mut hashes = Hashes::default();
        let held = |hashes: &Hashes, input: &[u8]| hashes.young.contains_key(input) || hashes.old.contains_key(input);
        for number in 0..5 * KEPT {
            let _ = hashes.of(&input(number));
            if number % (KEPT / 2) == 0 {
                assert_eq!(hashes.of(b"in use"), keccak256(b"in use"));
            }
            assert!(hashes.young.len() <= KEPT && hashes.old.len() <= KEPT);
        }
        assert!(held(&hashes, b"in use") && !held(&hashes, &input(0)));
    }

    #[test]
    fn only_what_is_short_and_in_memory_is_remembered() {
        let word = |value: usize| U256::from(value);
        assert_eq!(in_memory(word(0), word(64), 64), Some((0, 64)));
        assert_eq!(in_memory(word(32), word(LONGEST), 32 + LONGEST), Some((32, LONGEST)));
        for (offset, length, size) in [
            (word(0), word(0), 64),
            (word(1), word(64), 64),
            (word(0), word(LONGEST + 1), 1 << 20),
            (word(usize::MAX), word(1), 64),
            (U256::MAX, word(64), 64),
            (word(0), U256::MAX, 64),
            (U256::from(1) << 64, word(64), 1 << 20),
        ] {
            assert_eq!(in_memory(offset, length, size), None, "{offset} {length} {size}");
        }
    }
}
