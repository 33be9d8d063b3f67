//! What has to pass: the forms that real documents have.

use crate::case::{Case, check, verified};
use crate::kit::der::name;
use crate::kit::{
    BASIC_CONSTRAINTS, Extension, KEY_USAGE, Kit, NOW, basic_constraints, cbor_bytes, cbor_number, cbor_pcrs, cbor_text, key,
    key_usage, pcr4, pcrs,
};
use crate::second_opinion;

fn forms() -> Vec<(&'static str, crate::case::Change)> {
    fn chain(kit: &mut Kit, remove: usize) {
        kit.chain.remove(remove);
    }
    vec![
        ("as it is", |_| ()),
        ("tagged", |kit| kit.tag = vec![0xd2]),
        ("a definite payload map", |kit| kit.indefinite = false),
        ("indefinite registers", |kit| {
            let registers = pcrs().iter().flat_map(|(index, value)| [cbor_number(*index), cbor_bytes(value)].concat()).collect();
            kit.set("pcrs", [vec![0xbf], registers, vec![0xff]].concat());
        }),
        ("an indefinite bundle", |kit| {
            let authorities = kit.certificates()[..4].iter().flat_map(|der| cbor_bytes(der)).collect();
            kit.set("cabundle", [vec![0x9f], authorities, vec![0xff]].concat());
        }),
        ("keys in another order", |kit| kit.entries.reverse()),
        ("registers in another order", |kit| kit.set("pcrs", cbor_pcrs(&pcrs().into_iter().rev().collect::<Vec<_>>()))),
        ("a locked register more", |kit| kit.set("pcrs", cbor_pcrs(&[pcrs(), vec![(16, vec![9; 48])]].concat()))),
        ("32 registers", |kit| {
            let more = (16..32).map(|index| (index, vec![0; 48]));
            kit.set("pcrs", cbor_pcrs(&pcrs().into_iter().chain(more).collect::<Vec<_>>()));
        }),
        ("a module id of 128 characters", |kit| {
            let id = format!("i-{}-enc0", "0".repeat(121));
            let mut all = pcrs();
            all[4].1 = pcr4(&id).to_vec();
            kit.set("pcrs", cbor_pcrs(&all));
            kit.set("module_id", cbor_text(&id));
            kit.chain[4].subject = name(&format!("{id}.kit-1.aws"));
        }),
        ("a certificate of 1,024 bytes", |kit| {
            // A signature's length varies with what is signed, so the right filling is looked for.
            let plain = kit.clone();
            let about = 1024 - 20 - plain.certificates()[4].len();
            let fillings = (about..about + 16)
                .flat_map(|length| (0..4).map(move |byte| vec![byte; length]))
                .map(|value| Extension { id: vec![0x2a, 3], critical: Vec::new(), value });
            *kit = fillings
                .map(|extension| {
                    let mut kit = plain.clone();
                    kit.chain[4].extensions.as_mut().unwrap().push(extension);
                    kit
                })
                .find(|kit| kit.certificates()[4].len() == 1024)
                .unwrap();
        }),
        ("no key identifiers, an unknown extension that is not critical", |kit| {
            let extension = Extension { id: vec![0x2a, 3], critical: Vec::new(), value: vec![5, 0] };
            kit.chain[4].extensions.as_mut().unwrap().push(extension);
        }),
        ("a leaf without basic constraints", |kit| {
            kit.chain[4].extensions.as_mut().unwrap().retain(|extension| extension.id != BASIC_CONSTRAINTS);
        }),
        ("a leaf's key usage of two bytes", |kit| kit.extension(4, KEY_USAGE).value = vec![3, 3, 7, 0x80, 0x80]),
        ("a leaf that only signs", |kit| kit.extension(4, KEY_USAGE).value = key_usage(0x80).value),
        ("a serial of 20 bytes and its sign", |kit| kit.chain[3].serial = [vec![0], vec![0xff; 20]].concat()),
        ("a serial of 20 bytes", |kit| kit.chain[3].serial = vec![1; 20]),
        ("a serial of 1", |kit| kit.chain[3].serial = vec![1]),
        ("an authority's window that ends after 2050", |kit| kit.chain[1].not_after = 2_600_000_000),
        ("a window of one second", |kit| (kit.chain[3].not_before, kit.chain[3].not_after) = (NOW, NOW)),
        ("a chain without the zone", |kit| chain(kit, 2)),
    ]
}

/// As many authorities as the rules allow. webpki follows fewer, and has no say here.
fn eight_authorities(kit: &mut Kit) {
    for number in 6..10 {
        let mut authority = kit.chain[1].clone();
        (authority.key, authority.serial) = (key(number), vec![number]);
        authority.subject = name(&format!("{number}.kit-1.nitro-enclaves"));
        kit.chain.insert(1, authority);
    }
    for index in 1..8 {
        *kit.extension(index, BASIC_CONSTRAINTS) = basic_constraints(true, u8::try_from(7 - index).ok());
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let forms = forms().into_iter().map(|(what, change)| verified(what, change));
    forms.chain([verified("eight authorities", eight_authorities)]).collect()
}

#[test]
fn accepts_each_form_that_real_documents_have() {
    check(cases());
}

#[test]
fn webpki_agrees_on_every_accepted_chain() {
    for (what, change) in forms() {
        assert!(second_opinion::accepts(&Kit::with(change).certificates(), NOW), "{what}");
    }
}

#[test]
fn an_unset_field_may_be_null_empty_or_absent() {
    use attestation_verifier::{Expectations, Expected, verify};
    let expectations = Expectations { public_key: Expected::NotAsked, ..crate::kit::expectations() };
    for (what, cbor, observed) in [
        ("null", Some(crate::kit::NULL.to_vec()), None),
        ("empty", Some(cbor_bytes(b"")), Some(Vec::new())),
        ("absent", None, None),
        ("1,024 bytes", Some(cbor_bytes(&[7; 1024])), Some(vec![7; 1024])),
    ] {
        let kit = Kit::with(|kit| match cbor {
            Some(cbor) => kit.set("public_key", cbor),
            None => kit.remove("public_key"),
        });
        let document = verify(&kit.build(), &kit.anchor(), crate::kit::TIME, &expectations).unwrap();
        assert_eq!(document.public_key().map(<[u8]>::to_vec), observed, "{what}");
    }
}
