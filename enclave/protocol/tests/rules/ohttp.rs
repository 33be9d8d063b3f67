use protocol::limits;
use protocol::ohttp::{ClientSetup, KEY_CONFIG, KeyConfig, OhttpError, ServerKey};
use sha2::{Digest, Sha256};

use crate::rng;

fn server() -> ServerKey {
    ServerKey::generate(&mut rng(1))
}

fn request(server: &ServerKey) -> Vec<u8> {
    ClientSetup::new(server.config(), &mut rng(2)).unwrap().seal(b"plain").unwrap().0
}

#[test]
fn request_and_response_come_through() {
    let server = server();
    let setup = ClientSetup::new(server.config(), &mut rng(2)).unwrap();
    let enc = *setup.enc();
    let (message, exchange) = setup.seal(b"plain").unwrap();
    let opened = server.open(&message).unwrap();
    assert_eq!((opened.plaintext.as_slice(), opened.enc), (b"plain".as_slice(), enc));
    let response = opened.response.seal(b"answer", &mut rng(3)).unwrap();
    assert_eq!(exchange.open(&response).unwrap(), b"answer");
}

#[test]
fn a_key_configuration_has_one_form() {
    let config = *server().config();
    let bytes = config.encode();
    assert_eq!(bytes.len(), KEY_CONFIG);
    assert_eq!(KeyConfig::decode(&bytes), Ok(config));
    assert_eq!(config.digest(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert_eq!(config.key_id(), Sha256::digest(config.public_key())[0]);
    for end in 0..bytes.len() {
        assert_eq!(KeyConfig::decode(&bytes[..end]), Err(OhttpError::Short), "{end}");
    }
    // As the media type has it, with its length before.
    assert!(KeyConfig::decode(&[&[0, 74], bytes.as_slice()].concat()).is_err());
    assert_eq!(KeyConfig::decode(&[bytes.as_slice(), &[0]].concat()), Err(OhttpError::Suite));
    let mut off_curve = bytes;
    off_curve[40] ^= 1;
    assert_eq!(KeyConfig::decode(&off_curve), Err(OhttpError::Key));
}

#[test]
fn t61_another_suite_is_refused_in_the_configuration_and_in_a_request() {
    let server = server();
    let (config, message) = (server.config().encode(), request(&server));
    for place in [1, 2, 68, 69, 70, 71, 72, 73] {
        let mut changed = config.clone();
        changed[place] ^= 1;
        assert_eq!(KeyConfig::decode(&changed), Err(OhttpError::Suite), "{place}");
    }
    for place in 1..7 {
        let mut changed = message.clone();
        changed[place] ^= 1;
        assert_eq!(server.open(&changed).map(|_| ()), Err(OhttpError::Suite), "{place}");
    }
}

#[test]
fn t61_a_request_to_another_key_is_refused() {
    let (server, other) = (server(), ServerKey::generate(&mut rng(4)));
    assert_ne!(server.config().key_id(), other.config().key_id());
    assert_eq!(server.open(&request(&other)).map(|_| ()), Err(OhttpError::UnknownKey));
    // Even if it says that it is to this key.
    let mut renamed = request(&other);
    renamed[0] = server.config().key_id();
    assert_eq!(server.open(&renamed).map(|_| ()), Err(OhttpError::Open));
}

#[test]
fn every_damaged_request_is_refused() {
    let server = server();
    let message = request(&server);
    for place in 0..message.len() {
        let mut damaged = message.clone();
        damaged[place] ^= 4;
        assert!(server.open(&damaged).is_err(), "{place}");
        assert!(server.open(&message[..place]).is_err(), "{place}");
    }
    assert!(server.open(&[message, vec![0]].concat()).is_err());
    assert_eq!(server.open(&vec![0; limits::OHTTP_REQUEST + 1]).map(|_| ()), Err(OhttpError::Size));
}

#[test]
fn every_damaged_or_foreign_response_is_refused() {
    let server = server();
    let exchange = |seed| {
        let (message, opener) = ClientSetup::new(server.config(), &mut rng(seed)).unwrap().seal(b"plain").unwrap();
        (server.open(&message).unwrap().response, opener)
    };
    let ((sealer, opener), (_, other)) = (exchange(5), exchange(6));
    let response = sealer.seal(b"answer", &mut rng(7)).unwrap();
    for place in 0..response.len() {
        let mut damaged = response.clone();
        damaged[place] ^= 4;
        assert_eq!(opener.open(&damaged), Err(OhttpError::Open), "{place}");
        assert!(opener.open(&response[..place]).is_err(), "{place}");
    }
    assert_eq!(other.open(&response), Err(OhttpError::Open));
    assert_eq!(opener.open(&vec![0; limits::OHTTP_RESPONSE + 1]), Err(OhttpError::Size));
}

#[test]
fn more_than_the_limit_is_not_sealed() {
    let server = server();
    let setup = ClientSetup::new(server.config(), &mut rng(2)).unwrap();
    assert!(matches!(setup.seal(&vec![0; limits::OHTTP_REQUEST]), Err(OhttpError::Size)));
    let opened = server.open(&request(&server)).unwrap();
    assert_eq!(opened.response.seal(&vec![0; limits::OHTTP_RESPONSE], &mut rng(3)), Err(OhttpError::Size));
}

#[test]
fn t52_debug_shows_no_secret() {
    let server = server();
    let opened = server.open(&request(&server)).unwrap();
    assert_eq!(format!("{server:?} {:?}", opened.response), "ServerKey(..) ResponseSealer(..)");
}

#[test]
fn t61_the_host_learns_only_that_the_key_is_unknown_or_that_it_does_not_open() {
    use protocol::message::Problem;
    assert_eq!(Problem::from(OhttpError::UnknownKey), Problem::UnknownKey);
    assert_eq!(Problem::from(OhttpError::Open), Problem::Sealed);
    assert_eq!(Problem::from(OhttpError::Size), Problem::Malformed);
}
