use alloy_primitives::B256;
use protocol::cbor;
use protocol::custody::{
    GenesisOutput, MemberKey, SealedShare, SetupKey, ShareContext, ShareError, ShareMessage, VERSION, open_as_member,
    root_commitment, seal_share, seal_to_member, shares_digest,
};
use protocol::limits;

use crate::rng;

const ROOT: [u8; 32] = [42; 32];

fn context() -> ShareContext {
    ShareContext {
        vault_id: B256::repeat_byte(1),
        settings: B256::repeat_byte(2),
        image: B256::repeat_byte(3),
        epoch: 1,
        index: 0,
        boot_id: [4; 16],
    }
}

struct Boot {
    setup: SetupKey,
    member: MemberKey,
    message: ShareMessage,
}

fn boot() -> Boot {
    let (setup, member) = (SetupKey::generate(&mut rng(1)), MemberKey::generate(&mut rng(2)));
    let message = seal_share(&setup.public(), &member, &context(), &ROOT, &mut rng(3)).unwrap();
    Boot { setup, member, message }
}

fn open(boot: &Boot, message: &ShareMessage, context: &ShareContext) -> Result<[u8; 32], ShareError> {
    boot.setup.open_share(message, context, &boot.member.public()).map(|share| *share)
}

#[test]
fn a_share_opens_in_the_boot_it_was_sealed_for() {
    let boot = boot();
    assert_eq!(open(&boot, &boot.message, &context()), Ok(ROOT));
    let bytes = cbor::encode(&boot.message);
    assert_eq!(cbor::decode(&bytes, limits::SHARE), Ok(boot.message.clone()));
}

#[test]
fn t29_a_share_of_another_boot_epoch_vault_image_settings_or_index_is_refused() {
    let boot = boot();
    let good = context();
    let cases = [
        (ShareContext { boot_id: [5; 16], ..good }, ShareError::Open),
        (ShareContext { vault_id: B256::repeat_byte(9), ..good }, ShareError::Open),
        (ShareContext { image: B256::repeat_byte(9), ..good }, ShareError::Open),
        (ShareContext { settings: B256::repeat_byte(9), ..good }, ShareError::Open),
        (ShareContext { epoch: 2, ..good }, ShareError::Epoch),
        (ShareContext { index: 1, ..good }, ShareError::Index),
    ];
    for (context, expected) in cases {
        assert_eq!(open(&boot, &boot.message, &context), Err(expected), "{context:?}");
        // And if the message says that it is for this context.
        let renamed = ShareMessage { epoch: context.epoch, index: context.index, ..boot.message.clone() };
        assert_eq!(open(&boot, &renamed, &context), Err(ShareError::Open), "{context:?}");
    }
}

#[test]
fn t31_a_share_of_an_older_settings_epoch_or_version_can_not_be_relabelled() {
    let boot = boot();
    let other = ShareMessage { version: VERSION + 1, ..boot.message.clone() };
    assert_eq!(open(&boot, &other, &context()), Err(ShareError::Version));
    let other = ShareMessage { epoch: 0, ..boot.message.clone() };
    assert_eq!(open(&boot, &other, &context()), Err(ShareError::Epoch));
    let other = ShareMessage { index: 7, ..boot.message.clone() };
    assert_eq!(open(&boot, &other, &context()), Err(ShareError::Index));
}

#[test]
fn t29_a_share_by_another_member_or_to_another_setup_key_is_refused() {
    let boot = boot();
    let stranger = MemberKey::generate(&mut rng(4));
    let forged = seal_share(&boot.setup.public(), &stranger, &context(), &ROOT, &mut rng(5)).unwrap();
    assert_eq!(open(&boot, &forged, &context()), Err(ShareError::Open));
    let elsewhere = SetupKey::generate(&mut rng(6));
    let opened = elsewhere.open_share(&boot.message, &context(), &boot.member.public());
    assert_eq!(opened.map(|_| ()), Err(ShareError::Open));
    assert_eq!(boot.setup.open_share(&boot.message, &context(), &[4; 65]).map(|_| ()), Err(ShareError::Key));
    let sealed = seal_share(&[4; 65], &boot.member, &context(), &ROOT, &mut rng(7));
    assert_eq!(sealed, Err(ShareError::Key));
}

#[test]
fn every_damaged_share_is_refused() {
    let boot = boot();
    for place in 0..boot.message.ciphertext.len() {
        let mut damaged = boot.message.clone();
        damaged.ciphertext[place] ^= 1;
        assert_eq!(open(&boot, &damaged, &context()), Err(ShareError::Open));
    }
    let mut damaged = boot.message.clone();
    damaged.enc[3] ^= 1;
    assert_eq!(open(&boot, &damaged, &context()), Err(ShareError::Key));
    // The encapsulated key of another, valid, message.
    let other = seal_share(&boot.setup.public(), &boot.member, &context(), &ROOT, &mut rng(8)).unwrap();
    let mixed = ShareMessage { enc: other.enc, ..boot.message.clone() };
    assert_eq!(open(&boot, &mixed, &context()), Err(ShareError::Open));
}

fn genesis(member: &MemberKey) -> SealedShare {
    seal_to_member(&member.public(), &B256::repeat_byte(1), 1, 0, 1, &ROOT, &mut rng(9)).unwrap()
}

#[test]
fn t29_a_genesis_share_opens_for_its_member_and_says_what_it_was_made_as() {
    let (member, stranger) = (MemberKey::generate(&mut rng(2)), MemberKey::generate(&mut rng(4)));
    let (sealed, vault) = (genesis(&member), B256::repeat_byte(1));
    let open = |member: &MemberKey, sealed: &SealedShare, vault: &B256| open_as_member(member, sealed, vault).map(|r| *r);
    assert_eq!(open(&member, &sealed, &vault), Ok(ROOT));
    assert_eq!(open(&stranger, &sealed, &vault), Err(ShareError::Open));
    assert_eq!(open(&member, &sealed, &B256::repeat_byte(2)), Err(ShareError::Open));
    let cases = [
        (SealedShare { version: 2, ..sealed.clone() }, ShareError::Version),
        (SealedShare { epoch: 2, ..sealed.clone() }, ShareError::Open),
        (SealedShare { index: 1, ..sealed.clone() }, ShareError::Open),
        (SealedShare { threshold: 2, ..sealed.clone() }, ShareError::Open),
        (SealedShare { enc: vec![4; 65].into(), ..sealed.clone() }, ShareError::Key),
    ];
    for (changed, expected) in cases {
        assert_eq!(open(&member, &changed, &vault), Err(expected), "{changed:?}");
    }
}

#[test]
fn a_genesis_output_comes_back_and_its_digest_names_every_share() {
    let member = MemberKey::generate(&mut rng(2));
    let share = genesis(&member);
    let output = GenesisOutput { version: VERSION, document: vec![1; 5_000].into(), shares: vec![share.clone()] };
    assert_eq!(cbor::decode(&cbor::encode(&output), limits::GENESIS_OUTPUT), Ok(output));
    let other = SealedShare { threshold: 2, ..share.clone() };
    assert_ne!(shares_digest(core::slice::from_ref(&share)), shares_digest(&[other]));
    assert_ne!(shares_digest(core::slice::from_ref(&share)), shares_digest(&[share.clone(), share]));
}

#[test]
fn a_member_key_is_written_down_and_read_back() {
    let member = MemberKey::generate(&mut rng(2));
    assert_eq!(MemberKey::from_secret(&member.secret()).unwrap().public(), member.public());
    assert_eq!(MemberKey::from_secret(&[0; 32]).map(|_| ()), Err(ShareError::Key));
    assert_eq!(MemberKey::from_secret(&[0xff; 32]).map(|_| ()), Err(ShareError::Key));
    assert_eq!(format!("{member:?}"), "MemberKey(..)");
}

#[test]
fn t62_a_root_commitment_names_key_and_vault() {
    let commitment = root_commitment(&ROOT, &B256::repeat_byte(1));
    assert_eq!(commitment, root_commitment(&ROOT, &B256::repeat_byte(1)));
    assert_ne!(commitment, root_commitment(&ROOT, &B256::repeat_byte(2)));
    assert_ne!(commitment, root_commitment(&[43; 32], &B256::repeat_byte(1)));
}
