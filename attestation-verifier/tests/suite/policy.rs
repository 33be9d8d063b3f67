//! Authentic documents that are not the expected ones.

use attestation_verifier::{Difference, Expected, Image};

use crate::case::{Case, Outcome, Trial, check, trial};
use crate::kit::{NULL, cbor_bytes, cbor_pcrs, pcrs};

fn differs(what: &str, change: impl Fn(&mut Trial) + 'static, differences: &[Difference]) -> Case {
    trial(what, change, Outcome::Refused(differences.to_vec()))
}

fn set(trial: &mut Trial, indices: &[usize], value: [u8; 48]) {
    let mut all = pcrs();
    for index in indices {
        all[*index].1 = value.to_vec();
    }
    trial.kit.set("pcrs", cbor_pcrs(&all));
}

fn pcr(index: u8, expected: [u8; 48], observed: Option<[u8; 48]>) -> Difference {
    Difference::Pcr { index, expected, observed }
}

fn image(observed: [u8; 48]) -> Vec<Difference> {
    (0..3).map(|index| pcr(index, [0x10 + index; 48], Some(observed))).collect()
}

fn registers() -> Vec<Case> {
    let debug = [vec![Difference::DebugMode], image([0; 48])].concat();
    let mut cases = vec![
        differs("debug mode", |trial| set(trial, &[0, 1, 2], [0; 48]), &debug),
        differs(
            "debug mode, with zeros expected where they can be",
            |trial| {
                set(trial, &[0, 1, 2], [0; 48]);
                trial.expectations.more = vec![(0, [0; 48]), (1, [0; 48]), (2, [0; 48])];
            },
            &debug,
        ),
        differs("another image", |trial| set(trial, &[0, 1, 2], [7; 48]), &image([7; 48])),
        differs(
            "a register that is not stated",
            |trial| trial.expectations.more = vec![(16, [0; 48])],
            &[pcr(16, [0; 48], None)],
        ),
        differs("a register beyond all", |trial| trial.expectations.more = vec![(255, [0; 48])], &[pcr(255, [0; 48], None)]),
        differs("another role", |trial| set(trial, &[3], [9; 48]), &[pcr(3, [0; 48], Some([9; 48]))]),
        differs(
            "one register expected twice, once wrongly",
            |trial| trial.expectations.more.push((3, [1; 48])),
            &[pcr(3, [1; 48], Some([0; 48]))],
        ),
    ];
    for index in 0..3 {
        let number = u8::try_from(index).unwrap();
        let zero = [pcr(number, [0x10 + number; 48], Some([0; 48]))];
        cases.push(differs(&format!("PCR{index} alone zero"), move |trial| set(trial, &[index], [0; 48]), &zero));
        let mut expected = [[0x10; 48], [0x11; 48], [0x12; 48]];
        let observed = expected[index];
        expected[index][47] ^= 1;
        let other = [pcr(number, expected[index], Some(observed))];
        let change = move |trial: &mut Trial| trial.expectations.image = Image::new(expected).unwrap();
        cases.push(differs(&format!("one bit of PCR{index}"), change, &other));
    }
    cases
}

fn fields() -> Vec<Case> {
    type Make = fn(Vec<u8>, Option<Vec<u8>>) -> Difference;
    let fields: [(&str, &[u8], Make); 3] = [
        ("nonce", b"asked", |expected, observed| Difference::Nonce { expected, observed }),
        ("user_data", b"said", |expected, observed| Difference::UserData { expected, observed }),
        ("public_key", b"key", |expected, observed| Difference::PublicKey { expected, observed }),
    ];
    let mut cases = Vec::new();
    for (field, expected, make) in fields {
        let mut case = |what: &str, cbor: Vec<u8>, observed: Option<&[u8]>| {
            let difference = make(expected.to_vec(), observed.map(<[u8]>::to_vec));
            let change = move |trial: &mut Trial| trial.kit.set(field, cbor.clone());
            cases.push(differs(&format!("{field} {what}"), change, &[difference]));
        };
        case("of other bytes", cbor_bytes(b"other"), Some(b"other"));
        case("and a byte more", cbor_bytes(&[expected, b" "].concat()), Some(&[expected, b" "].concat()));
        case("but its last byte", cbor_bytes(&expected[..expected.len() - 1]), Some(&expected[..expected.len() - 1]));
        case("empty", cbor_bytes(b""), Some(b""));
        case("null", NULL.to_vec(), None);
        let absent = make(expected.to_vec(), None);
        cases.push(differs(&format!("{field} absent"), move |trial| trial.kit.remove(field), &[absent]));
        let empty = make(Vec::new(), None);
        let change = move |trial: &mut Trial| {
            trial.kit.remove(field);
            let expectation = match field {
                "nonce" => &mut trial.expectations.nonce,
                "user_data" => &mut trial.expectations.user_data,
                _ => &mut trial.expectations.public_key,
            };
            *expectation = Expected::Is(Vec::new());
        };
        cases.push(differs(&format!("{field} absent, with an empty one expected"), change, &[empty]));
    }
    cases
}

pub(crate) fn cases() -> Vec<Case> {
    [registers(), fields()].into_iter().flatten().collect()
}

#[test]
fn t2_every_expectation_is_compared() {
    check(cases());
}
