//! AWS's own crate as an oracle: what it said of generated images, written down by `eif-build/oracle`.

#[path = "kit/generated.rs"]
mod generated;

use eif_build::{Eif, Kind, signature};
use generated::{COUNT, Generated};

/// What the oracle wrote.
const SAID: &str = include_str!("vectors/aws.txt");

#[test]
fn pcrs_of_generated_images_are_those_that_awss_crate_says() {
    let said: Vec<&str> = SAID.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(said.len() as u64, COUNT);
    let mut signed = 0;
    for (number, expected) in (0..COUNT).zip(said) {
        let file = Generated::numbered(number).bytes();
        let eif = Eif::parse(&file).unwrap();
        let found = eif.measurements();
        let mut registers = vec![("PCR0", found.pcr0), ("PCR1", found.pcr1), ("PCR2", found.pcr2)];
        if let Some(section) = eif.section(Kind::Signature) {
            registers.push(("PCR8", signature::verify(section, &found.pcr0).unwrap().pcr8()));
            signed += 1;
        }
        let registers: Vec<_> = registers.into_iter().map(|(name, value)| format!("{name}={}", hex::encode(value))).collect();
        let line = format!("{number} {}", registers.join(" "));
        assert_eq!(line, expected);
    }
    assert!(COUNT >= 20 && signed >= 10, "{COUNT} images, {signed} of them signed");
}
