//! `advance` behind the signatures: the fuzzer says what the committees sign, and everything else is made to fit.
#![no_main]

#[path = "../chain/tree.rs"]
mod tree;
#[path = "../chain/world.rs"]
mod world;

use chain::{AdvanceError, Conflict, Disputed, Message};
use libfuzzer_sys::fuzz_target;
use world::{Block, GENESIS, MEMBERS, PERIOD, SECONDS, Signed};

/// Reads numbers until the data ends; then all are zero.
struct Knobs<'a>(&'a [u8]);

impl Knobs<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        u64::from(u16::from_be_bytes([self.byte(), self.byte()]))
    }
}

fuzz_target!(|data: &[u8]| {
    let mut knobs = Knobs(data);
    // Slots 0 to 511 have every fork.
    let start = knobs.number() % 512;
    let Some(mut client) = Block::new(start).client() else { return };
    let mut now_slot = start;
    for _ in 0..4 {
        if knobs.0.is_empty() {
            return;
        }
        let kind = knobs.byte();
        let flags = knobs.byte();
        let attested = now_slot.saturating_sub(8).saturating_add(knobs.number() % 160);
        let finalized = attested.saturating_sub(u64::from(knobs.byte() % 96));
        let mut signed = Signed::new(attested, finalized);
        if flags & 1 != 0 {
            signed.bits = u32::from_be_bytes([0; 4].map(|_: u8| knobs.byte()));
        }
        if flags & 2 != 0 {
            signed.signature_slot = attested.saturating_sub(4).saturating_add(u64::from(knobs.byte()));
        }
        if flags & 4 != 0 {
            signed.committee = usize::from(knobs.byte() % 4);
        }
        if flags & 8 != 0 {
            signed.attested.next = usize::from(knobs.byte() % 4);
        }
        if flags & 16 != 0 {
            signed.fork_offset = u64::from(knobs.byte() % 8);
        }
        if flags & 32 != 0 {
            signed.attested.extra_data = vec![knobs.byte(); usize::from(knobs.byte() % 40)];
        }
        if flags & 64 != 0 {
            match knobs.byte() {
                byte @ 0..=63 => signed.attested.finalized = [byte % 2; 32],
                byte => signed.attested.epoch = u64::from(byte % 64),
            }
        }
        let mut bytes = match kind % 3 {
            0 => signed.update(),
            1 => signed.finality(),
            _ => signed.optimistic(),
        };
        if flags & 128 != 0 {
            let place = usize::try_from(knobs.number()).expect("16 bits") % bytes.len();
            bytes[place] ^= knobs.byte();
        }
        // In time for it, unless the knob is at its end: then a slot too early.
        let late = u64::from(kind / 3 % 8);
        now_slot = if kind > 250 { signed.signature_slot.saturating_sub(1) } else { now_slot.max(signed.signature_slot + late) };
        let now = GENESIS + SECONDS * now_slot;

        let before = (client.finalized(), client.attested());
        let message = match kind % 3 {
            0 => Message::Update(&bytes),
            1 => Message::Finality(&bytes),
            _ => Message::Optimistic(&bytes),
        };
        let advanced = client.advance(message, now);
        let after = (client.finalized(), client.attested());
        let slot = |head: Option<chain::BeaconHead>| head.map(|head| head.slot());
        if matches!(advanced, Err(AdvanceError::Conflict { .. })) {
            let Conflict { about, ours, theirs } = client.conflict().expect("it is kept");
            assert!(ours.root != theirs.root && theirs.signed.as_deref() == Some(&bytes), "two claims, and the message");
            assert!(*about == Disputed::Finality || ours.slot.0 / PERIOD == theirs.slot.0 / PERIOD, "committees of one period");
            assert_eq!(after, (None, None), "frozen");
            return;
        }
        if advanced.is_err() {
            assert_eq!(after, before);
            continue;
        }
        assert!(3 * usize::try_from(signed.bits.count_ones()).expect("32") >= 2 * MEMBERS, "fewer than two thirds");
        assert!(signed.signature_slot <= now_slot, "from the future");
        assert!(slot(after.0) >= slot(before.0), "finality went back");
        assert!(slot(after.1) >= slot(before.1), "the attested head went back");
        assert!(slot(after.1) >= slot(after.0), "the attested head is behind the finalized one");
    }
});
