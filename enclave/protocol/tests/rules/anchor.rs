use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use p256::ecdsa::{Signature, SigningKey};
use protocol::anchor::{
    Anchor, ClaimWriter, CreateVault, SignatureError, anchor_digest, claim_writer_digest, create_vault_digest, public_key, sign,
    verify,
};

fn key() -> SigningKey {
    SigningKey::from_slice(&[1; 32]).unwrap()
}

const DIGEST: B256 = B256::repeat_byte(5);

#[test]
fn types_are_those_of_the_contract() {
    assert_eq!(CreateVault::eip712_encode_type(), "CreateVault(bytes32 vault,bytes32 constitution,bytes32 rootCommitment)");
    assert_eq!(
        ClaimWriter::eip712_encode_type(),
        "ClaimWriter(bytes32 vault,uint64 epoch,bytes32 x,bytes32 y,uint64 size,bytes32 root)"
    );
    assert_eq!(Anchor::eip712_encode_type(), "Anchor(bytes32 vault,uint64 epoch,uint64 size,bytes32 root)");
}

#[test]
fn t48_every_part_of_a_statement_is_in_its_digest() {
    let (a, b, vault) = (Address::repeat_byte(1), Address::repeat_byte(2), B256::repeat_byte(3));
    let (other, word) = (B256::repeat_byte(4), B256::repeat_byte(5));
    let digests = [
        anchor_digest(1, a, vault, 1, 9, word),
        anchor_digest(2, a, vault, 1, 9, word),
        anchor_digest(1, b, vault, 1, 9, word),
        anchor_digest(1, a, other, 1, 9, word),
        anchor_digest(1, a, vault, 2, 9, word),
        anchor_digest(1, a, vault, 1, 8, word),
        anchor_digest(1, a, vault, 1, 9, other),
        create_vault_digest(1, a, vault, word, other),
        create_vault_digest(2, a, vault, word, other),
        create_vault_digest(1, b, vault, word, other),
        create_vault_digest(1, a, other, word, other),
        create_vault_digest(1, a, vault, other, other),
        create_vault_digest(1, a, vault, word, word),
        claim_writer_digest(1, a, vault, 1, &[7; 64], 9, word),
        claim_writer_digest(2, a, vault, 1, &[7; 64], 9, word),
        claim_writer_digest(1, b, vault, 1, &[7; 64], 9, word),
        claim_writer_digest(1, a, other, 1, &[7; 64], 9, word),
        claim_writer_digest(1, a, vault, 2, &[7; 64], 9, word),
        claim_writer_digest(1, a, vault, 1, &[8; 64], 9, word),
        claim_writer_digest(1, a, vault, 1, &[7; 64], 8, word),
        claim_writer_digest(1, a, vault, 1, &[7; 64], 9, other),
    ];
    let distinct: std::collections::HashSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
}

#[test]
fn a_signature_verifies_and_is_deterministic() {
    let signature = sign(&key(), &DIGEST).unwrap();
    assert_eq!(sign(&key(), &DIGEST), Ok(signature));
    assert_eq!(verify(&public_key(&key()), &DIGEST, &signature), Ok(()));
}

#[test]
fn t57_high_s_zero_out_of_range_and_off_curve_are_refused() {
    let (xy, good) = (public_key(&key()), sign(&key(), &DIGEST).unwrap());
    let low = Signature::from_slice(&good).unwrap();
    let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    assert_eq!(verify(&xy, &DIGEST, &high.to_bytes().into()), Err(SignatureError::HighS));
    for half in [0, 32] {
        for byte in [0, 0xff] {
            let mut changed = good;
            changed[half..half + 32].fill(byte);
            assert_eq!(verify(&xy, &DIGEST, &changed), Err(SignatureError::Range));
        }
    }
    let mut off = xy;
    off[63] ^= 1;
    assert_eq!(verify(&off, &DIGEST, &good), Err(SignatureError::Key));
    assert_eq!(verify(&[0; 64], &DIGEST, &good), Err(SignatureError::Key));
    assert_eq!(verify(&xy, &B256::ZERO, &good), Err(SignatureError::Mismatch));
    let other = public_key(&SigningKey::from_slice(&[2; 32]).unwrap());
    assert_eq!(verify(&other, &DIGEST, &good), Err(SignatureError::Mismatch));
}
