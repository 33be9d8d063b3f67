//! From one valid object, one thing changed at a time.

use beacon_api::{Encoding, FrameError, JsonError, Kind, MAX_JSON, MAX_SSZ, Summary, UnknownShape, list, object, split};
use serde_json::{Value, json};

use crate::render::render;

/// A Deneb update of the minimal preset, all of whose bytes are 1 where they may be.
fn update() -> Value {
    let execution = 584;
    let header = |out: &mut Vec<u8>| {
        out.extend([1; 112]);
        out.extend(244_u32.to_le_bytes());
        out.extend([1; 128]);
        let start = out.len();
        out.extend(vec![1; execution]);
        out[start + 436..start + 440].copy_from_slice(&584_u32.to_le_bytes());
    };
    let fixed: usize = 4 + 33 * 48 + 5 * 32 + 4 + 6 * 32 + 4 + 96 + 8;
    let mut ssz = Vec::new();
    ssz.extend(u32::try_from(fixed).unwrap().to_le_bytes());
    ssz.extend(vec![1; 33 * 48 + 5 * 32]);
    ssz.extend(u32::try_from(fixed + 244 + execution).unwrap().to_le_bytes());
    ssz.extend(vec![1; fixed - ssz.len()]);
    header(&mut ssz);
    header(&mut ssz);
    json!({"version": "deneb", "data": render(Kind::Update, "deneb", 32, &ssz)})
}

fn read(value: &Value) -> Result<Vec<u8>, JsonError> {
    object(Kind::Update, value.to_string().as_bytes()).map(|object| object.ssz)
}

#[test]
fn reads_the_valid_update() {
    let ssz = read(&update()).unwrap();
    let summary = Summary::of(Kind::Update, &ssz).unwrap();
    assert_eq!((summary.signers, summary.supermajority()), (4, false));
    assert_eq!(summary.slot, 0x0101_0101_0101_0101);
}

#[test]
fn refuses_a_field_that_is_missing_or_of_another_form() {
    let cases: &[(&str, Value, JsonError)] = &[
        ("/data/signature_slot", json!(7), JsonError::Field("signature_slot")),
        ("/data/signature_slot", json!("07"), JsonError::Field("signature_slot")),
        ("/data/signature_slot", json!("+7"), JsonError::Field("signature_slot")),
        ("/data/signature_slot", json!(""), JsonError::Field("signature_slot")),
        ("/data/signature_slot", json!("18446744073709551616"), JsonError::Field("signature_slot")),
        ("/data/attested_header/beacon/state_root", json!("0x00"), JsonError::Field("state_root")),
        ("/data/attested_header/beacon/state_root", json!("11".repeat(32)), JsonError::Field("state_root")),
        ("/data/attested_header/beacon/state_root", json!(format!("0x{}", "1g".repeat(32))), JsonError::Field("state_root")),
        ("/data/attested_header/beacon", Value::Null, JsonError::Field("beacon")),
        ("/data/attested_header/execution/logs_bloom", json!("0x"), JsonError::Field("logs_bloom")),
        ("/data/attested_header/execution/extra_data", json!(format!("0x{}", "11".repeat(33))), JsonError::Field("extra_data")),
        ("/data/attested_header/execution/extra_data", json!("0x1"), JsonError::Field("extra_data")),
        ("/data/finality_branch", json!([]), JsonError::Field("finality_branch")),
        ("/data/next_sync_committee/pubkeys/0", json!("0x11"), JsonError::Field("pubkeys")),
        ("/data/next_sync_committee/pubkeys", json!([]), JsonError::Field("pubkeys")),
        ("/data/sync_aggregate/sync_committee_bits", json!("0x0102"), JsonError::Members(16)),
        ("/data/sync_aggregate/sync_committee_bits", json!(format!("0x{}", "11".repeat(64))), JsonError::Field("pubkeys")),
        ("/data/sync_aggregate", json!({}), JsonError::Field("sync_committee_bits")),
        ("/version", json!("phase0"), JsonError::Version),
        ("/version", json!("Deneb"), JsonError::Version),
        ("/version", json!(4), JsonError::Envelope),
        ("/data", json!([]), JsonError::Field("data")),
    ];
    for (path, value, error) in cases {
        let mut changed = update();
        *changed.pointer_mut(path).unwrap() = value.clone();
        assert_eq!(read(&changed), Err(*error), "{path} {value}");
    }
}

#[test]
fn refuses_a_fee_above_32_bytes_and_takes_the_largest() {
    let path = "/data/attested_header/execution/base_fee_per_gas";
    let most = alloy_primitives::U256::MAX.to_string();
    let mut changed = update();
    *changed.pointer_mut(path).unwrap() = json!(most);
    let ssz = read(&changed).unwrap();
    assert!(ssz.windows(32).any(|window| window == [0xff; 32]));
    let above = format!("{}6", &most[..most.len() - 1]);
    assert!(most.ends_with('5'));
    for fee in [above, "1".repeat(79), "1".repeat(10_000)] {
        *changed.pointer_mut(path).unwrap() = json!(fee);
        assert_eq!(read(&changed), Err(JsonError::Field("base_fee_per_gas")));
    }
}

#[test]
fn refuses_a_layout_under_another_forks_name() {
    for (fork, error) in [
        ("altair", JsonError::UnknownField { inside: "attested_header" }),
        ("capella", JsonError::UnknownField { inside: "execution" }),
        ("electra", JsonError::Field("next_sync_committee_branch")),
        ("gloas", JsonError::Field("execution_block_hash")),
    ] {
        let mut changed = update();
        changed["version"] = json!(fork);
        assert_eq!(read(&changed), Err(error), "{fork}");
    }
    let mut changed = update();
    changed["data"]["more"] = json!(1);
    assert_eq!(read(&changed), Err(JsonError::UnknownField { inside: "data" }));
    let text = update().to_string();
    assert_eq!(object(Kind::Bootstrap, text.as_bytes()), Err(JsonError::Field("header")));
}

#[test]
fn reads_an_envelope_with_more_in_it() {
    let mut value = update();
    value["execution_optimistic"] = json!(false);
    assert!(read(&value).is_ok());
    for text in ["", "{", "[]", "{}", "null", "{\"version\":\"deneb\"}"] {
        assert_eq!(object(Kind::Update, text.as_bytes()), Err(JsonError::Envelope), "{text}");
    }
}

#[test]
fn bounds_objects_and_lists() {
    assert_eq!(object(Kind::Update, &vec![b' '; MAX_JSON + 1]), Err(JsonError::TooLarge));
    assert_eq!(list(&vec![b' '; 2 * MAX_JSON + 1], 2), Err(JsonError::TooLarge));
    let two = json!([update(), update()]).to_string();
    assert_eq!(list(two.as_bytes(), 2).unwrap().len(), 2);
    assert_eq!(list(two.as_bytes(), 1), Err(JsonError::TooMany));
    assert_eq!(list(b"[]", 0), Ok(vec![]));
    assert_eq!(list(b"{}", 1), Err(JsonError::Envelope));
    let deep = "[".repeat(10_000);
    assert_eq!(list(deep.as_bytes(), 128), Err(JsonError::Envelope));
}

fn framed(update: &[u8]) -> Vec<u8> {
    [&(update.len() as u64 + 4).to_le_bytes()[..], &[1, 2, 3, 4], update].concat()
}

#[test]
fn splits_a_stream() {
    assert_eq!(split(&[], 1), Ok(vec![]));
    let stream = [framed(b"one"), framed(b"")].concat();
    let updates: Vec<_> = split(&stream, 2).unwrap().into_iter().map(|framed| (framed.digest, framed.ssz)).collect();
    assert_eq!(updates, [([1, 2, 3, 4], &b"one"[..]), ([1, 2, 3, 4], b"")]);
}

#[test]
fn refuses_a_stream_that_is_not_whole_updates() {
    let whole = framed(b"one");
    for cut in 1..whole.len() {
        assert_eq!(split(&whole[..cut], 1), Err(FrameError::Cut), "{cut}");
    }
    assert_eq!(split(&[whole.clone(), whole].concat(), 1), Err(FrameError::TooMany));
    assert_eq!(split(&[0; 8], 1), Err(FrameError::Short));
    assert_eq!(split(&[0xff; 8], 1), Err(FrameError::TooLarge));
    assert_eq!(split(&framed(&vec![0; MAX_SSZ + 1]), 1), Err(FrameError::TooLarge));
}

#[test]
fn summarises_no_bytes_of_another_shape() {
    let ssz = read(&update()).unwrap();
    for kind in [Kind::Bootstrap, Kind::FinalityUpdate, Kind::OptimisticUpdate] {
        assert_eq!(Summary::of(kind, &ssz), Err(UnknownShape), "{kind:?}");
    }
    for cut in 0..ssz.len() {
        // Whatever is left of it, nothing is read beyond its end.
        let _ = Summary::of(Kind::Update, &ssz[..cut]);
    }
    assert_eq!(Summary::of(Kind::Update, &ssz[..2_000]), Err(UnknownShape));
    let mut offset = ssz.clone();
    // The second header's offset points behind the end.
    offset[4 + 33 * 48 + 160..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Summary::of(Kind::Update, &offset), Err(UnknownShape));
    assert_eq!(Summary::of(Kind::Update, &vec![0; MAX_SSZ + 1]), Err(UnknownShape));
}

#[test]
fn knows_an_encoding_by_its_type() {
    assert_eq!(Encoding::of("application/octet-stream"), Some(Encoding::Ssz));
    assert_eq!(Encoding::of("Application/JSON; charset=utf-8"), Some(Encoding::Json));
    for other in ["", "text/html", "application/jsonp", "application/octet-streams"] {
        assert_eq!(Encoding::of(other), None, "{other}");
    }
}
