use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use protocol::cbor::{CborError, decode, encode};
use protocol::limits;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Sample {
    #[n(0)]
    version: u16,
    #[n(1)]
    bytes: ByteVec,
    #[n(2)]
    list: Vec<u8>,
    #[n(3)]
    last: Option<u64>,
}

fn sample() -> Sample {
    Sample { version: 1, bytes: vec![1, 2, 3].into(), list: vec![4], last: None }
}

fn read(bytes: &[u8]) -> Result<Sample, CborError> {
    decode(bytes, 1 << 20)
}

#[test]
fn reads_what_it_writes_and_leaves_out_an_absent_last_field() {
    let bytes = encode(&sample());
    assert_eq!(hex::encode(&bytes), "8301430102038104");
    assert_eq!(read(&bytes), Ok(sample()));
    let whole = Sample { last: Some(1 << 40), ..sample() };
    assert_eq!(read(&encode(&whole)), Ok(whole));
}

#[test]
fn t9_each_other_form_of_a_value_has_its_error() {
    let cases = [
        ("", CborError::Syntax),
        ("83", CborError::Syntax),
        ("83014301020381", CborError::Syntax),       // cut short
        ("830143010203810400", CborError::Trailing), // a byte behind
        ("83180143010203810400", CborError::Trailing),
        ("8318014301020381 04", CborError::NotCanonical),     // 1 in two bytes
        ("831900014301020381 04", CborError::NotCanonical),   // 1 in three bytes
        ("83015803010203 8104", CborError::NotCanonical),     // length in two bytes
        ("98030143010203 8104", CborError::NotCanonical),     // array length in two bytes
        ("8401430102038104f6", CborError::NotCanonical),      // null for an absent last field
        ("850143010203810418 2a00", CborError::NotCanonical), // one field too many
        ("9f0143010203 8104ff", CborError::Syntax),           // indefinite array
        ("83015f43010203ff8104", CborError::Syntax),          // indefinite bytes
        ("8301430102039f04ff", CborError::Syntax),            // indefinite list
        ("bf0001ff", CborError::Syntax),                      // indefinite map
        ("83014301020363616263", CborError::Syntax),          // another type
        ("a3000101430102030281 04", CborError::Syntax),       // a map with keys
        ("a2000100 01", CborError::Syntax),                   // a duplicate key
        ("c08301430102038104", CborError::Syntax),            // a tag
        ("831c43010203 8104", CborError::Syntax),             // reserved
        ("83f90001430102038104", CborError::Syntax),          // a float
        ("8301 5bffffffffffffffff", CborError::Syntax),       // bytes of 2^64 - 1
        ("9bffffffffffffffff", CborError::Syntax),            // an array of 2^64 - 1
        ("bbffffffffffffffff", CborError::Syntax),            // a map of 2^64 - 1
    ];
    for (text, expected) in cases {
        let bytes = hex::decode(text.replace(' ', "")).unwrap();
        assert_eq!(read(&bytes), Err(expected), "{text}");
    }
}

#[test]
fn t9_a_duplicate_or_unsorted_key_is_another_form() {
    #[derive(Debug, PartialEq, Encode, Decode)]
    #[cbor(map)]
    struct Keyed {
        #[n(0)]
        a: u8,
        #[n(1)]
        b: u8,
    }
    let read = |text: &str| decode::<Keyed>(&hex::decode(text).unwrap(), 64);
    assert_eq!(read("a200010102"), Ok(Keyed { a: 1, b: 2 }));
    assert_eq!(read("a3000100010102"), Err(CborError::NotCanonical));
    assert_eq!(read("a201020001"), Err(CborError::NotCanonical));
    assert_eq!(read("a3000101020a01"), Err(CborError::NotCanonical));
    assert!(decode::<BTreeMap<u8, u8>>(&hex::decode("a200010002").unwrap(), 64).is_err());
}

#[test]
fn t9_more_bytes_than_the_limit_are_not_read() {
    let bytes = encode(&sample());
    assert_eq!(decode::<Sample>(&bytes, bytes.len() - 1), Err(CborError::Size));
}

#[test]
fn t9_a_nested_bomb_is_refused_without_recursion() {
    for opener in [0x81_u8, 0xc0, 0xa1] {
        assert_eq!(read(&vec![opener; 1 << 20]), Err(CborError::Depth), "{opener:x}");
    }
    let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    assert_eq!(read(&nested(limits::CBOR_DEPTH)), Err(CborError::Syntax));
    assert_eq!(read(&nested(limits::CBOR_DEPTH + 1)), Err(CborError::Depth));
}

#[test]
fn t9_a_flood_of_tiny_items_is_refused_before_it_is_decoded() {
    let many = vec![ByteVec::from(Vec::new()); limits::CBOR_ITEMS];
    assert_eq!(decode::<Vec<ByteVec>>(&encode(&many), limits::HOST_FRAME), Err(CborError::Size));
    let fewer = many[1..].to_vec();
    assert_eq!(decode::<Vec<ByteVec>>(&encode(&fewer), limits::HOST_FRAME), Ok(fewer));
}

#[test]
fn a_byte_array_has_its_length() {
    assert_eq!(decode::<ByteArray<3>>(&[0x43, 1, 2, 3], 9), Ok([1, 2, 3].into()));
    assert_eq!(decode::<ByteArray<3>>(&[0x42, 1, 2], 9), Err(CborError::Syntax));
}
