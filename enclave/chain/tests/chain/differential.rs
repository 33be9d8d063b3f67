//! Reading and hashing as another implementation of SSZ does it, on random objects and on what is left of them after changes.
use alloy_primitives::{Address, B256, U256 as Word};
use chain::conformance::{Object, object_root};
use chain::{Layout, Message, Minimal};
use proptest::prelude::*;
use ssz::{Decode, Encode};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitVector, FixedVector, VariableList};
use tree_hash::TreeHash;
use tree_hash_derive::TreeHash;
use typenum::{U4, U5, U6, U7, U9, U11, U32, U48, U96, U256};

type Key = FixedVector<u8, U48>;

#[derive(Encode, Decode, TreeHash)]
struct Beacon {
    slot: u64,
    proposer_index: u64,
    parent_root: B256,
    state_root: B256,
    body_root: B256,
}

#[derive(Encode, Decode, TreeHash)]
struct CapellaPayload {
    parent_hash: B256,
    fee_recipient: Address,
    state_root: B256,
    receipts_root: B256,
    logs_bloom: FixedVector<u8, U256>,
    prev_randao: B256,
    block_number: u64,
    gas_limit: u64,
    gas_used: u64,
    timestamp: u64,
    extra_data: VariableList<u8, U32>,
    base_fee_per_gas: Word,
    block_hash: B256,
    transactions_root: B256,
    withdrawals_root: B256,
}

#[derive(Encode, Decode, TreeHash)]
struct DenebPayload {
    parent_hash: B256,
    fee_recipient: Address,
    state_root: B256,
    receipts_root: B256,
    logs_bloom: FixedVector<u8, U256>,
    prev_randao: B256,
    block_number: u64,
    gas_limit: u64,
    gas_used: u64,
    timestamp: u64,
    extra_data: VariableList<u8, U32>,
    base_fee_per_gas: Word,
    block_hash: B256,
    transactions_root: B256,
    withdrawals_root: B256,
    blob_gas_used: u64,
    excess_blob_gas: u64,
}

#[derive(Encode, Decode, TreeHash)]
struct AltairHeader {
    beacon: Beacon,
}

#[derive(Encode, Decode, TreeHash)]
struct CapellaHeader {
    beacon: Beacon,
    execution: CapellaPayload,
    execution_branch: FixedVector<B256, U4>,
}

#[derive(Encode, Decode, TreeHash)]
struct DenebHeader {
    beacon: Beacon,
    execution: DenebPayload,
    execution_branch: FixedVector<B256, U4>,
}

#[derive(Encode, Decode, TreeHash)]
struct GloasHeader {
    beacon: Beacon,
    execution_block_hash: B256,
    execution_branch: FixedVector<B256, U11>,
}

#[derive(Encode, Decode, TreeHash)]
struct Committee {
    pubkeys: FixedVector<Key, U32>,
    aggregate_pubkey: Key,
}

#[derive(Encode, Decode, TreeHash)]
struct Aggregate {
    sync_committee_bits: BitVector<U32>,
    sync_committee_signature: FixedVector<u8, U96>,
}

macro_rules! objects {
    ($module:ident, $header:ty, $committee:ty, $finality:ty) => {
        mod $module {
            use super::*;

            #[derive(Encode, Decode, TreeHash)]
            pub(super) struct Bootstrap {
                header: $header,
                current_sync_committee: Committee,
                current_sync_committee_branch: FixedVector<B256, $committee>,
            }

            #[derive(Encode, Decode, TreeHash)]
            pub(super) struct Update {
                attested_header: $header,
                next_sync_committee: Committee,
                next_sync_committee_branch: FixedVector<B256, $committee>,
                finalized_header: $header,
                finality_branch: FixedVector<B256, $finality>,
                sync_aggregate: Aggregate,
                signature_slot: u64,
            }

            #[derive(Encode, Decode, TreeHash)]
            pub(super) struct FinalityUpdate {
                attested_header: $header,
                finalized_header: $header,
                finality_branch: FixedVector<B256, $finality>,
                sync_aggregate: Aggregate,
                signature_slot: u64,
            }

            #[derive(Encode, Decode, TreeHash)]
            pub(super) struct OptimisticUpdate {
                attested_header: $header,
                sync_aggregate: Aggregate,
                signature_slot: u64,
            }

            /// The root of the object of this kind, if the bytes are one.
            pub(super) fn root(kind: usize, bytes: &[u8]) -> Option<B256> {
                match kind {
                    0 => read::<$header>(bytes),
                    1 => read::<Bootstrap>(bytes),
                    2 => read::<Update>(bytes),
                    3 => read::<FinalityUpdate>(bytes),
                    _ => read::<OptimisticUpdate>(bytes),
                }
            }
        }
    };
}

objects!(altair, AltairHeader, U5, U6);
objects!(capella, CapellaHeader, U5, U6);
objects!(deneb, DenebHeader, U5, U6);
objects!(electra, DenebHeader, U6, U7);
objects!(gloas, GloasHeader, U11, U9);

fn read<T: Encode + Decode + TreeHash>(bytes: &[u8]) -> Option<B256> {
    let object = T::from_ssz_bytes(bytes).ok()?;
    assert_eq!(object.as_ssz_bytes(), bytes, "one encoding");
    Some(object.tree_hash_root())
}

const LAYOUTS: [Layout; 7] =
    [Layout::Altair, Layout::Bellatrix, Layout::Capella, Layout::Deneb, Layout::Electra, Layout::Fulu, Layout::Gloas];

fn theirs(layout: Layout, kind: usize, bytes: &[u8]) -> Option<B256> {
    match layout {
        Layout::Altair | Layout::Bellatrix => altair::root(kind, bytes),
        Layout::Capella => capella::root(kind, bytes),
        Layout::Deneb => deneb::root(kind, bytes),
        Layout::Electra | Layout::Fulu => electra::root(kind, bytes),
        Layout::Gloas => gloas::root(kind, bytes),
    }
}

fn ours(layout: Layout, kind: usize, bytes: &[u8]) -> Option<B256> {
    let object = match kind {
        0 => Object::Header(bytes),
        1 => Object::Bootstrap(bytes),
        2 => Object::Message(Message::Update(bytes)),
        3 => Object::Message(Message::Finality(bytes)),
        _ => Object::Message(Message::Optimistic(bytes)),
    };
    object_root::<Minimal>(object, layout).ok().map(B256::from)
}

/// Bytes of an object of this kind: headers with their offsets, everything else as it comes from `noise`.
fn object(layout: Layout, kind: usize, extra: [usize; 2], noise: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let (committee, finality) = match layout {
        Layout::Altair | Layout::Bellatrix | Layout::Capella | Layout::Deneb => (5, 6),
        Layout::Electra | Layout::Fulu => (6, 7),
        Layout::Gloas => (11, 9),
    };
    let (members, signature) = (33 * 48 + committee * 32, 4 + 96 + 8);
    // What stands behind each header's place.
    let gaps: &[usize] = match kind {
        0 => return header(layout, extra[0], noise),
        1 => &[members],
        2 => &[members, finality * 32 + signature],
        3 => &[0, finality * 32 + signature],
        _ => &[signature],
    };
    let headers: Vec<Vec<u8>> = gaps.iter().zip(extra).map(|(_, extra)| header(layout, extra, noise)).collect();
    let inline = matches!(layout, Layout::Altair | Layout::Bellatrix | Layout::Gloas);
    let fixed: usize = gaps.iter().map(|gap| gap + 4).sum();
    let (mut bytes, mut offset) = (vec![], fixed);
    for (header, gap) in headers.iter().zip(gaps) {
        if inline {
            bytes.extend(header);
        } else {
            bytes.extend(u32::try_from(offset).unwrap().to_le_bytes());
            offset += header.len();
        }
        bytes.extend(noise.take(*gap));
    }
    if !inline {
        bytes.extend(headers.concat());
    }
    bytes
}

fn header(layout: Layout, extra: usize, noise: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bytes: Vec<u8> = noise.take(112).collect();
    match layout {
        Layout::Altair | Layout::Bellatrix => {}
        Layout::Gloas => bytes.extend(noise.take(12 * 32)),
        Layout::Capella | Layout::Deneb | Layout::Electra | Layout::Fulu => {
            let fixed = if layout == Layout::Capella { 568_u32 } else { 584 };
            bytes.extend(244_u32.to_le_bytes());
            bytes.extend(noise.take(128 + 436));
            bytes.extend(fixed.to_le_bytes());
            bytes.extend(noise.take(fixed as usize - 440 + extra));
        }
    }
    bytes
}

/// A change that a host may make: a byte, an offset, the length.
fn changed(mut bytes: Vec<u8>, how: u8, place: usize, value: u8) -> Vec<u8> {
    let at = place % bytes.len();
    match how % 6 {
        0 => bytes[at] ^= value | 1,
        1 => bytes.truncate(at),
        2 => bytes.extend(std::iter::repeat_n(value, 1 + place % 40)),
        3 => drop(bytes.remove(at)),
        4 => bytes.insert(at, value),
        // Small changes of what stands first, where an offset may be.
        _ => bytes[0] = bytes[0].wrapping_add(value % 5),
    }
    bytes
}

fn cases(usual: u32) -> u32 {
    std::env::var("PST_VAULT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

#[test]
fn reads_and_hashes_as_ethereum_ssz_and_tree_hash_do() {
    let strategy = (0..7_usize, 0..5_usize, [0..=33_usize, 0..=33], any::<u64>(), any::<(u8, usize, u8)>());
    proptest!(ProptestConfig::with_cases(cases(300)), |((layout, kind, extra, seed, (how, place, value)) in strategy)| {
        let layout = LAYOUTS[layout];
        let mut state = seed | 1;
        let mut noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        let bytes = object(layout, kind, extra, &mut noise);
        let root = ours(layout, kind, &bytes);
        prop_assert_eq!(root, theirs(layout, kind, &bytes));
        let inline = matches!(layout, Layout::Altair | Layout::Bellatrix | Layout::Gloas);
        let headers = if matches!(kind, 2 | 3) { 2 } else { 1 };
        prop_assert_eq!(root.is_some(), inline || extra[..headers].iter().all(|extra| *extra <= 32));
        let changed = changed(bytes, how, place, value);
        prop_assert_eq!(ours(layout, kind, &changed), theirs(layout, kind, &changed));
        // What is one thing in one layout is read strictly in every other, by both alike.
        for other in LAYOUTS {
            prop_assert_eq!(ours(other, kind, &changed), theirs(other, kind, &changed));
        }
    });
}
