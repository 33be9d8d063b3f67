//! Seeds of the chain's targets: every object in every layout, a header, an account, a trie, and walks through the periods.
use crate::world::{Block, Signed};

/// One slot of each fork, with a finalized one before it.
pub const SLOTS: [u64; 7] = [40, 100, 180, 270, 330, 390, 480];

pub fn objects() -> Vec<Vec<u8>> {
    let mut seeds = vec![];
    for slot in SLOTS {
        let signed = Signed::new(slot, slot - 10);
        seeds.push([&[0], Block::new(slot).bootstrap().as_slice()].concat());
        seeds.push([&[1], signed.update().as_slice()].concat());
        seeds.push([&[2], signed.finality().as_slice()].concat());
        seeds.push([&[3], signed.optimistic().as_slice()].concat());
    }
    seeds
}

fn rlp_string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte @ 0..=0x7f] => vec![*byte],
        _ => header(0x80, bytes),
    }
}

fn rlp_list(items: &[Vec<u8>]) -> Vec<u8> {
    header(0xc0, &items.concat())
}

fn header(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("small").to_be_bytes();
    let head = match payload.len() {
        0..=55 => vec![kind + length[1]],
        56..=255 => vec![kind + 56, length[1]],
        _ => vec![kind + 57, length[0], length[1]],
    };
    [head, payload.to_vec()].concat()
}

pub fn execution() -> Vec<Vec<u8>> {
    let (hash, empty) = (rlp_string(&[9; 32]), rlp_string(&[]));
    let mut fields = vec![hash.clone(), hash.clone(), rlp_string(&[2; 20]), hash.clone(), hash.clone(), hash.clone()];
    fields.extend([
        rlp_string(&[3; 256]),
        empty.clone(),
        rlp_string(&[1, 2, 3]),
        rlp_string(&[4; 4]),
        rlp_string(&[5]),
        rlp_string(&[6; 4]),
    ]);
    fields.extend([
        rlp_string(b"extra"),
        hash.clone(),
        rlp_string(&[0; 8]),
        rlp_string(&[7]),
        hash.clone(),
        empty.clone(),
        empty.clone(),
    ]);
    let account = rlp_list(&[rlp_string(&[1]), empty.clone(), hash.clone(), hash.clone()]);

    // An extension, a branch with an inline leaf and a hash, and a leaf below that.
    let below = rlp_string(&[0x77; 32]);
    let extension = rlp_list(&[rlp_string(&[0x11]), below.clone()]);
    let mut children = vec![empty; 17];
    children[2] = below;
    children[3] = rlp_list(&[rlp_string(&[0x20]), rlp_string(&[1])]);
    let branch = rlp_list(&children);
    let leaf = rlp_list(&[rlp_string(&[0x20, 0x34]), rlp_string(&[8; 40])]);
    let proof = |key: &[u8], nodes: &[&Vec<u8>]| {
        let mut bytes = vec![2, u8::try_from(key.len()).expect("short")];
        bytes.extend(key);
        for node in nodes {
            bytes.extend(u16::try_from(node.len()).expect("small").to_be_bytes());
            bytes.extend(*node);
        }
        bytes
    };
    vec![
        [&[0], rlp_list(&fields).as_slice()].concat(),
        [&[1], account.as_slice()].concat(),
        proof(&[0x12, 0x34], &[&extension, &branch, &leaf]),
        proof(&[0x13], &[&extension, &branch]),
        proof(&[0x13], &[&extension, &branch, &children[3]]),
        proof(&[0x15, 0x01], &[&extension, &branch]),
        proof(&[0x22, 0x01], &[&extension]),
    ]
}

pub fn advance() -> Vec<Vec<u8>> {
    let mut seeds = vec![];
    for start in [0_u16, 64, 128, 240, 300, 340, 400, 430] {
        for kind in 0..3_u8 {
            // Four steps of 30 slots, each finalizing 20 slots before; then the same with every knob turned once.
            let step = [kind, 0, 0, 38, 20];
            seeds.push([start.to_be_bytes().as_slice(), &step, &step, &step, &step].concat());
            for bit in 0..8 {
                let turned = [kind, 1 << bit, 0, 38, 20, 0xff, 0xff, 0xff, 0xf0];
                seeds.push([start.to_be_bytes().as_slice(), &step, &turned, &step].concat());
            }
        }
    }
    seeds
}
