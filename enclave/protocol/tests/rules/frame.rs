use protocol::cbor::{CborError, encode};
use protocol::frame::{FrameError, decode_message, encode_message, header, length};
use protocol::limits::{ENCLAVE_FRAME, HOST_FRAME};
use protocol::message::{HostRequest, Versioned};

fn read(body: &[u8]) -> Result<HostRequest, FrameError> {
    decode_message(body, HOST_FRAME)
}

#[test]
fn a_message_comes_back_behind_its_length() {
    let frame = encode_message(HostRequest::Tick, HOST_FRAME).unwrap();
    let (head, body) = frame.split_first_chunk::<4>().unwrap();
    assert_eq!(length(*head, HOST_FRAME), Ok(body.len()));
    assert_eq!(header(body.len(), HOST_FRAME), Ok(*head));
    assert_eq!(read(body), Ok(HostRequest::Tick));
    assert_eq!(encode_message(&HostRequest::Tick, HOST_FRAME), Ok(frame));
}

#[test]
fn t9_a_length_of_4_gib_is_refused_before_anything_is_read() {
    assert_eq!(length([0xff; 4], HOST_FRAME), Err(FrameError::TooLong));
    let over = u32::try_from(ENCLAVE_FRAME).unwrap() + 1;
    assert_eq!(length(over.to_be_bytes(), ENCLAVE_FRAME), Err(FrameError::TooLong));
    assert_eq!(length((over - 1).to_be_bytes(), ENCLAVE_FRAME), Ok(ENCLAVE_FRAME));
    assert_eq!(header(1 << 32, usize::MAX), Err(FrameError::TooLong));
    assert_eq!(header(ENCLAVE_FRAME + 1, ENCLAVE_FRAME), Err(FrameError::TooLong));
}

#[test]
fn t9_an_empty_frame_is_refused() {
    assert_eq!(length([0; 4], HOST_FRAME), Err(FrameError::Empty));
    assert_eq!(header(0, HOST_FRAME), Err(FrameError::Empty));
    assert_eq!(read(&[]), Err(FrameError::Cbor(CborError::Syntax)));
}

#[test]
fn t9_an_unknown_version_is_told_apart_whatever_it_carries() {
    for version in [0, 2, u16::MAX] {
        assert_eq!(read(&encode(&Versioned { version, message: HostRequest::Tick })), Err(FrameError::Version));
        assert_eq!(read(&encode(&Versioned { version, message: "later" })), Err(FrameError::Version));
    }
    assert_eq!(read(&encode(&(u64::MAX, 0_u8))), Err(FrameError::Version));
}

#[test]
fn t9_cut_short_trailing_and_other_forms_have_their_errors() {
    let message = HostRequest::Attest { nonce: vec![1; 32] };
    let body = encode(&Versioned { version: 1, message: message.clone() });
    assert_eq!(read(&body), Ok(message.clone()));
    for end in 0..body.len() {
        assert_eq!(read(&body[..end]), Err(FrameError::Cbor(CborError::Syntax)), "{end}");
    }
    let longer = [body.clone(), vec![0]].concat();
    assert_eq!(read(&longer), Err(FrameError::Cbor(CborError::Trailing)));
    let wide = [&[0x82, 0x18, 0x01], &body[2..]].concat();
    assert_eq!(read(&wide), Err(FrameError::Cbor(CborError::NotCanonical)));
    assert_eq!(decode_message::<HostRequest>(&body, body.len() - 1), Err(FrameError::TooLong));
    assert_eq!(encode_message(message, body.len() - 1), Err(FrameError::TooLong));
    let unknown = encode(&Versioned { version: 1, message: (99_u8, [0_u8; 0]) });
    assert_eq!(read(&unknown), Err(FrameError::Cbor(CborError::Syntax)));
}
