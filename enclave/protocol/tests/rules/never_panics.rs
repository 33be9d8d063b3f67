//! Whatever comes in, a decoder answers. Arbitrary bytes seldom get past the first one, so each decoder also gets its own valid
//! bytes, damaged.

use minicbor::{Decode, Encode};
use proptest::collection::vec;
use proptest::prelude::*;
use protocol::attested::{SignedCheckpoint, UserData};
use protocol::cbor::{self, decode};
use protocol::constitution::{Constitution, Settings};
use protocol::custody::{GenesisOutput, ShareMessage};
use protocol::http::{Request, Response};
use protocol::ledger::{Body, Leaf, Receipt, Salted, SealedEntry};
use protocol::message::{HostRequest, Reply, Supply};
use protocol::ohttp::{ClientSetup, KeyConfig, ServerKey};
use protocol::provision::ProvisionRequest;
use protocol::{call, frame, note, tlog};

use crate::constitution::constitution;
use crate::{request, rng};

fn checked<T: for<'b> Decode<'b, ()> + Encode<()>>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes, 1 << 20) {
        assert_eq!(cbor::encode(&value), bytes);
    }
}

fn every_decoder(bytes: &[u8]) {
    checked::<SignedCheckpoint>(bytes);
    checked::<UserData>(bytes);
    checked::<GenesisOutput>(bytes);
    checked::<ShareMessage>(bytes);
    checked::<Leaf>(bytes);
    checked::<SealedEntry>(bytes);
    checked::<Salted>(bytes);
    checked::<Body>(bytes);
    checked::<Receipt>(bytes);
    checked::<HostRequest>(bytes);
    checked::<Reply>(bytes);
    checked::<Supply>(bytes);
    let _ = frame::decode_message::<HostRequest>(bytes, 1 << 20);
    let _ = frame::decode_message::<Reply>(bytes, 1 << 20);
    let _ = frame::decode_message::<Supply>(bytes, 1 << 20);
    let _ = Constitution::read(bytes);
    let _ = Settings::read(bytes);
    let _ = ProvisionRequest::read(bytes);
    let _ = KeyConfig::decode(bytes);
    let _ = Request::decode(bytes);
    let _ = Response::decode(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = note::verify(&text, &alloy_primitives::B256::ZERO, &[1; 64]);
    let _ = note::parse_unverified(&text);
    let _ = call::check_host(&text);
}

/// Valid bytes of many kinds.
fn seeds() -> Vec<Vec<u8>> {
    let mut signed = request("/a?b=c");
    crate::call::fields().write(&mut signed);
    call::set_signature(&mut signed, &[7; 65]);
    let response = Response { status: 200, headers: vec![("a".to_owned(), b"b".to_vec())], body: vec![1; 9] };
    let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let state = Supply::State(vec![protocol::message::AccountProof {
        address: [1; 20].into(),
        nodes: vec![vec![2; 40].into(); 3],
        slots: vec![protocol::message::SlotProof { slot: [3; 32].into(), nodes: vec![vec![4; 40].into()] }],
        code: Some(vec![5; 30].into()),
    }]);
    vec![
        constitution().to_bytes(),
        Settings::widest().to_bytes(),
        signed.encode().unwrap().to_vec(),
        response.encode().unwrap(),
        ServerKey::generate(&mut rng(1)).config().encode(),
        note::sign(&alloy_primitives::B256::ZERO, 3, &[1; 32], &key).into_bytes(),
        cbor::encode(&state),
        frame::encode_message(&state, 1 << 20).unwrap()[4..].to_vec(),
        cbor::encode(&HostRequest::Call { message: vec![1; 90] }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t9_arbitrary_bytes(bytes in vec(any::<u8>(), 0..400)) {
        every_decoder(&bytes);
    }

    #[test]
    fn t9_damaged_bytes(kind in 0_usize..9, damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>(), shorten in any::<bool>()) {
        let mut bytes = seeds()[kind].clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        every_decoder(&bytes);
    }

    #[test]
    fn t9_arbitrary_headers_and_urls(parts in vec(".{0,24}", 5), headers in vec(("[a-z-]{0,12}|pst-vault-(caller|store|role|evidence|nonce|signature)", vec(any::<u8>(), 0..40)), 0..8)) {
        let [method, scheme, authority, path, _] = parts.try_into().unwrap();
        let request = Request { method, scheme, authority, path, headers, body: Vec::new() };
        let _ = call::read(&request, &[0; 65], [0; 32]);
        let _ = request.encode();
    }

    #[test]
    fn t43_an_accepted_path_is_read_alike_by_another_parser(path in "/[a-c./?&=%2F5C0+;:@]{0,14}") {
        let mut request = request(&path);
        crate::call::fields().write(&mut request);
        if let Ok(call) = call::unsigned(&request, &[0; 65], [0; 32]) {
            // What a parser could merge, drop or decode is not there.
            let (path, query) = path.split_once('?').unwrap_or((&path, ""));
            prop_assert!(!path.contains("//") && !path.split('/').any(|part| part == "." || part == ".."));
            prop_assert!(!path.contains("%2F") && !path.contains(';') && !query.contains("&&"));
            prop_assert_eq!(call.url, request.url());
        }
    }

    #[test]
    fn t55_arbitrary_proofs(index in any::<u64>(), size in any::<u64>(), proof in vec(any::<[u8; 32]>(), 0..70), level in any::<u8>()) {
        let root = [0; 32];
        prop_assert!(tlog::verify_inclusion(&root, index, size, &proof, &root).is_err() || (size == 1 && proof.is_empty()));
        prop_assert!(tlog::verify_consistency(index, &root, size, &root, &proof).is_err() || index == size);
        let _ = tlog::inclusion(index, size, &|_, _| None);
        let _ = tlog::consistency(index, size, &|_, _| Some([0; 32]));
        let _ = tlog::tile_path(level, index, Some(level));
    }

    #[test]
    fn every_size_up_to_2_64_has_proofs_that_end(index in any::<u64>(), size in any::<u64>()) {
        // Every node the same: the shape of the proof is what is tried.
        let get = |_: u32, _: u64| Some([0; 32]);
        if let Some(path) = tlog::inclusion(index, size, &get) {
            prop_assert!(path.len() <= 64);
        }
        if let Some(proof) = tlog::consistency(index, size, &get) {
            prop_assert!(proof.len() <= 65);
        }
    }
}

#[test]
fn t9_arbitrary_encapsulations() {
    let server = ServerKey::generate(&mut rng(1));
    let (message, opener) = ClientSetup::new(server.config(), &mut rng(2)).unwrap().seal(&[0; 40]).unwrap();
    for length in 0..message.len() + 3 {
        let mut bytes = message.clone();
        bytes.resize(length, 0);
        assert_eq!(server.open(&bytes).is_ok(), length == message.len());
        assert!(opener.open(&bytes).is_err());
    }
}
