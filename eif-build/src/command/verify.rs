//! Whether an image is the one of a release.

use anyhow::Result;
use eif_build::canonical;

use super::describe::Described;
use super::release::{Blob, Builders, Part};
use super::show::plain;
use crate::build::inputs::digest;

/// Prints each check with what was found and what was expected. True if all hold.
pub(crate) fn run(file: &[u8], release: &[u8]) -> Result<bool> {
    let image = Described::of(file)?;
    let (builders, expected) = Builders::read(release)?;
    let mut good = true;
    let mut check = |name: &str, found: &str, expected: &str| {
        let equal = found == expected;
        good &= equal;
        if equal {
            println!("ok      {name}");
        } else {
            println!("DIFFERS {name}\n        found    {}\n        expected {}", plain(found), plain(expected));
        }
    };
    let form = canonical::check(&image.eif).map_or_else(|error| error.to_string(), |_| "this builder's".to_owned());
    check("form", &form, "this builder's");
    let signature = image.signed.as_ref().and_then(|signed| signed.as_ref().err()).map(ToString::to_string);
    check("signature", signature.as_deref().unwrap_or("none, or one that verifies"), "none, or one that verifies");
    let measured = image.eif.measurements();
    let Some(own) = attestation_verifier::Image::new([measured.pcr0, measured.pcr1, measured.pcr2]).ok() else {
        anyhow::bail!("a register of the image is zero")
    };
    for (index, found, expected) in
        [(0, own.pcr0, expected.image().pcr0), (1, own.pcr1, expected.image().pcr1), (2, own.pcr2, expected.image().pcr2)]
    {
        check(&format!("PCR{index}"), &hex::encode(found.as_bytes()), &hex::encode(expected.as_bytes()));
    }
    let signer = |registers: Vec<(u8, [u8; 48])>| {
        registers.iter().find(|(index, _)| *index == 8).map_or_else(|| "not signed".to_owned(), |(_, value)| hex::encode(value))
    };
    check("PCR8", &signer(image.registers()), &signer(expected.more()));
    let Blob { length, sha256 } = &builders.eif;
    check("file", &format!("{} bytes, {}", file.len(), digest(file)), &format!("{length} bytes, {sha256}"));
    let line = |kind: &str, length: usize, sha256: &str| format!("{kind}, {length} bytes, {sha256}");
    let sections = image.eif.sections();
    for index in 0..sections.len().max(builders.sections.len()) {
        let found = sections.get(index).map(|section| line(section.kind.name(), section.data.len(), &digest(section.data)));
        let wanted = builders.sections.get(index).map(|Part { kind, length, sha256 }| line(kind, *length, sha256));
        check(&format!("section {index}"), found.as_deref().unwrap_or("none"), wanted.as_deref().unwrap_or("none"));
    }
    println!("{}", if good { "the image is the release's" } else { "the image is NOT the release's" });
    Ok(good)
}
