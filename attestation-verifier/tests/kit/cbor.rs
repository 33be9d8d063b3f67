//! Writes CBOR.

use minicbor::Encoder;

pub(crate) fn cbor(write: impl FnOnce(&mut Encoder<Vec<u8>>)) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder);
    encoder.into_writer()
}

pub(crate) fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    cbor(|encoder| {
        encoder.bytes(bytes).unwrap();
    })
}

pub(crate) fn cbor_text(text: &str) -> Vec<u8> {
    cbor(|encoder| {
        encoder.str(text).unwrap();
    })
}

pub(crate) fn cbor_number(number: u64) -> Vec<u8> {
    cbor(|encoder| {
        encoder.u64(number).unwrap();
    })
}

pub(crate) fn cbor_bundle(authorities: &[Vec<u8>]) -> Vec<u8> {
    let body: Vec<u8> = authorities.iter().flat_map(|der| cbor_bytes(der)).collect();
    [
        cbor(|encoder| {
            encoder.array(authorities.len() as u64).unwrap();
        }),
        body,
    ]
    .concat()
}
