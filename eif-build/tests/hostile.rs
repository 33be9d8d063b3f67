//! Files that break one rule each, and the error that names it.

mod kit;

use eif_build::{Eif, EifError, HEADER_SIZE, Kind, MAX_SIGNATURE, signature};
use kit::{METADATA, file_of, image, offset_field, sealed, section, set, size_field};

type Case = (&'static str, Vec<u8>, EifError);

/// A valid file with a few bytes set, and its CRC right again.
fn with(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut file = image(true);
    for (at, value) in changes {
        set(&mut file, *at, value);
    }
    sealed(file)
}

fn header() -> Vec<Case> {
    let count = |n: u16| with(&[(26, &n.to_be_bytes())]);
    let whole = image(true);
    let first = HEADER_SIZE as u64;
    let second = section(&whole, 1) as u64;
    let last = section(&whole, 5);
    vec![
        ("nothing", vec![], EifError::TruncatedHeader(0)),
        ("a header that ends early", whole[..HEADER_SIZE - 1].to_vec(), EifError::TruncatedHeader(547)),
        ("another magic", with(&[(0, b".elf")]), EifError::Magic),
        ("version 3", with(&[(4, &3_u16.to_be_bytes())]), EifError::Version(3)),
        ("version 5", with(&[(4, &5_u16.to_be_bytes())]), EifError::Version(5)),
        ("the version in the other byte order", with(&[(4, &4_u16.to_le_bytes())]), EifError::Version(0x0400)),
        ("flag bit 1", with(&[(6, &2_u16.to_be_bytes())]), EifError::Flags(2)),
        ("flag bit 6", with(&[(6, &0x40_u16.to_be_bytes())]), EifError::Flags(0x40)),
        ("aarch64 and another flag", with(&[(6, &3_u16.to_be_bytes())]), EifError::Flags(3)),
        ("the reserved field", with(&[(24, &1_u16.to_be_bytes())]), EifError::Reserved),
        ("the unused field", with(&[(540, &1_u32.to_be_bytes())]), EifError::Reserved),
        ("no sections", count(0), EifError::SectionCount(0)),
        ("one section", count(1), EifError::SectionCount(1)),
        ("33 sections", count(33), EifError::SectionCount(33)),
        ("65,535 sections", count(u16::MAX), EifError::SectionCount(u16::MAX)),
        ("one section more than there are", count(7), EifError::Offset { index: 6, expected: whole.len() as u64, found: 0 }),
        ("one section fewer than there are", count(5), EifError::UnusedRow(5)),
        ("an offset in an unused row", with(&[(offset_field(31), &[1])]), EifError::UnusedRow(31)),
        ("a size in an unused row", with(&[(size_field(6), &[0, 0, 0, 0, 0, 0, 0, 1])]), EifError::UnusedRow(6)),
        (
            "a first section inside the header",
            with(&[(offset_field(0), &0_u64.to_be_bytes())]),
            EifError::Offset { index: 0, expected: first, found: 0 },
        ),
        (
            "two sections at one place",
            with(&[(offset_field(1), &first.to_be_bytes())]),
            EifError::Offset { index: 1, expected: second, found: first },
        ),
        (
            "a gap between sections",
            with(&[(offset_field(1), &(second + 1).to_be_bytes())]),
            EifError::Offset { index: 1, expected: second, found: second + 1 },
        ),
        (
            "an offset of 2^62",
            with(&[(offset_field(2), &(1_u64 << 62).to_be_bytes())]),
            EifError::Offset { index: 2, expected: section(&whole, 2) as u64, found: 1 << 62 },
        ),
        (
            "an offset of 2^64 - 1",
            with(&[(offset_field(0), &u64::MAX.to_be_bytes())]),
            EifError::Offset { index: 0, expected: first, found: u64::MAX },
        ),
        ("bytes after the last section", sealed([&*whole, &[0; 8]].concat()), EifError::Trailing(8)),
        ("a last section cut short", sealed(whole[..whole.len() - 1].to_vec()), EifError::TruncatedSection(5)),
        ("a section header cut short", sealed(whole[..last + 11].to_vec()), EifError::TruncatedSection(5)),
    ]
}

fn damaged(at: usize) -> Case {
    let mut file = image(true);
    let crc = |file: &[u8]| u32::from_be_bytes(file[544..548].try_into().unwrap());
    file[at] ^= 1;
    let (found, computed) = (crc(&file), crc(&sealed(file.clone())));
    ("a changed byte and the old CRC", file, EifError::Crc { found, computed })
}

fn sizes() -> Vec<Case> {
    let whole = image(true);
    let at = |index| section(&whole, index);
    let size = |index: usize, size: u64| with(&[(size_field(index), &size.to_be_bytes()), (at(index) + 4, &size.to_be_bytes())]);
    let true_size = (at(2) - at(1) - 12) as u64;
    let (third, of_third) = (at(2) as u64, |expected| EifError::Offset { index: 2, expected, found: at(2) as u64 });
    vec![
        ("a size of 2^62", size(1, 1 << 62), EifError::TruncatedSection(1)),
        ("a size of 2^63", size(1, 1 << 63), EifError::TruncatedSection(1)),
        ("a size of 2^64 - 1", size(1, u64::MAX), EifError::TruncatedSection(1)),
        ("a size one larger", size(1, true_size + 1), of_third(third + 1)),
        ("a size one smaller", size(1, true_size - 1), of_third(third - 1)),
        ("a size in the file's header alone", with(&[(size_field(0), &7_u64.to_be_bytes())]), EifError::Size(0)),
        ("a size in the section's header alone", with(&[(at(0) + 4, &7_u64.to_be_bytes())]), EifError::Size(0)),
        ("a section's flags", with(&[(at(3) + 2, &1_u16.to_be_bytes())]), EifError::SectionFlags(3)),
        ("type 0", with(&[(at(3), &0_u16.to_be_bytes())]), EifError::Type { index: 3, code: 0 }),
        ("type 6", with(&[(at(3), &6_u16.to_be_bytes())]), EifError::Type { index: 3, code: 6 }),
        ("type 65,535", with(&[(at(0), &u16::MAX.to_be_bytes())]), EifError::Type { index: 0, code: u16::MAX }),
        damaged(HEADER_SIZE + 100),
        damaged(HEADER_SIZE - 1),
    ]
}

const KERNEL: (u16, &[u8]) = (1, b"kernel");
const LINE: (u16, &[u8]) = (2, b"console=ttyS0");
const DISK: (u16, &[u8]) = (3, b"070701");
const META: (u16, &[u8]) = (5, METADATA);

fn sections() -> Vec<Case> {
    let long_line = vec![b'a'; 2048];
    let long_signature = vec![0; MAX_SIGNATURE + 1];
    let long_metadata = [b"{\"a\":\"".as_slice(), &vec![b'a'; 1 << 20], b"\"}"].concat();
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep = [b"{\"a\":".as_slice(), &deep, b"}"].concat();
    let metadata = |json: &[u8]| file_of(&[KERNEL, LINE, DISK, (5, json)]);
    vec![
        ("no kernel", file_of(&[LINE, META]), EifError::Missing(Kind::Kernel)),
        ("no command line", file_of(&[KERNEL, META, DISK]), EifError::Missing(Kind::CommandLine)),
        ("no ramdisk", file_of(&[KERNEL, LINE, META]), EifError::Missing(Kind::Ramdisk)),
        ("no metadata", file_of(&[KERNEL, LINE, DISK]), EifError::Missing(Kind::Metadata)),
        ("two kernels", file_of(&[KERNEL, KERNEL, LINE, META, DISK]), EifError::Repeated(Kind::Kernel)),
        ("two command lines", file_of(&[KERNEL, LINE, LINE, META, DISK]), EifError::Repeated(Kind::CommandLine)),
        ("two metadata sections", file_of(&[KERNEL, LINE, META, META, DISK]), EifError::Repeated(Kind::Metadata)),
        ("two signatures", file_of(&[KERNEL, LINE, META, DISK, (4, b"s"), (4, b"s")]), EifError::Repeated(Kind::Signature)),
        ("a ramdisk before the kernel", file_of(&[DISK, KERNEL, LINE, META]), EifError::Order(0)),
        ("an empty kernel", file_of(&[(1, b""), LINE, META, DISK]), EifError::Empty(0)),
        ("an empty ramdisk", file_of(&[KERNEL, LINE, META, DISK, (3, b"")]), EifError::Empty(4)),
        ("a command line with a NUL", file_of(&[KERNEL, (2, b"a\0b"), META, DISK]), EifError::CommandLine),
        ("a command line with a newline inside", file_of(&[KERNEL, (2, b"a\nb"), META, DISK]), EifError::CommandLine),
        ("a command line with an escape", file_of(&[KERNEL, (2, b"a\x1b[2J"), META, DISK]), EifError::CommandLine),
        ("a command line beyond ASCII", file_of(&[KERNEL, (2, "é".as_bytes()), META, DISK]), EifError::CommandLine),
        ("a command line of 2,048 bytes", file_of(&[KERNEL, (2, &long_line), META, DISK]), EifError::CommandLine),
        ("metadata that are no JSON", metadata(b"{"), EifError::Metadata),
        ("metadata that are a list", metadata(b"[]"), EifError::Metadata),
        ("metadata with a key twice", metadata(br#"{"a":1,"a":2}"#), EifError::Metadata),
        ("metadata with a key twice inside", metadata(br#"{"b":[{"a":1,"a":2}]}"#), EifError::Metadata),
        ("metadata and more", metadata(b"{} {}"), EifError::Metadata),
        ("metadata beyond UTF-8", metadata(b"{\"a\":\"\xff\"}"), EifError::Metadata),
        ("metadata nested 100,000 deep", metadata(&deep), EifError::Metadata),
        ("metadata of over 1 MiB", metadata(&long_metadata), EifError::Metadata),
        ("a signature of over 32 KiB", file_of(&[KERNEL, LINE, META, DISK, (4, &long_signature)]), EifError::SignatureSize),
    ]
}

#[test]
fn each_hostile_file_is_refused_by_its_rule() {
    let cases = [header(), sizes(), sections()].concat();
    println!("{} kinds of hostile files", cases.len());
    assert!(cases.len() >= 60, "{}", cases.len());
    for (name, file, expected) in cases {
        assert_eq!(Eif::parse(&file).err(), Some(expected), "{name}");
    }
}

#[test]
fn the_file_that_the_cases_start_from_is_well_formed() {
    Eif::parse(&image(true)).unwrap();
    Eif::parse(&file_of(&[KERNEL, LINE, META, DISK])).unwrap();
    Eif::parse(&file_of(&[LINE, KERNEL, META, DISK, (4, b"s"), DISK])).unwrap();
    Eif::parse(&file_of(&[KERNEL, (2, b"console=ttyS0\n"), META, DISK])).unwrap();
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let file = image(true);
    for at in 0..file.len() {
        let mut file = file.clone();
        file[at] ^= 1 << (at % 8);
        assert!(Eif::parse(&file).is_err(), "byte {at}");
    }
}

/// An attacker can set the CRC right. What is measured then has another PCR0, for which the signature is not; the rest (metadata, the
/// signature itself, what is asked for by default) is what a release names beside the registers.
#[test]
fn a_flipped_bit_behind_a_right_crc_is_refused_or_makes_another_image() {
    let file = image(true);
    let genuine = Eif::parse(&file).unwrap();
    let named = |eif: &Eif<'_>| {
        let sections: Vec<_> = eif.sections().iter().map(|section| (section.kind, section.data.to_vec())).collect();
        (eif.memory(), eif.cpus(), eif.architecture(), sections)
    };
    let (mut refused, mut measured, mut unmeasured) = (0, 0, 0);
    for at in (0..file.len()).filter(|at| !(HEADER_SIZE - 4..HEADER_SIZE).contains(at)) {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        let changed = sealed(changed);
        let Ok(found) = Eif::parse(&changed) else {
            refused += 1;
            continue;
        };
        let [now, before] = [&found, &genuine].map(Eif::measurements);
        if now == before {
            unmeasured += 1;
            assert_ne!(named(&found), named(&genuine), "byte {at}");
        } else {
            measured += 1;
            assert_ne!(now.pcr0, before.pcr0, "byte {at}");
            signature::verify(found.section(Kind::Signature).unwrap(), &now.pcr0).unwrap_err();
        }
    }
    println!("{refused} refused, {measured} with another PCR0, {unmeasured} that a release tells apart");
    assert!(refused > 500 && measured > 1000 && unmeasured > 100, "{refused}, {measured}, {unmeasured}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = image(true);
    for length in 0..file.len() {
        assert!(Eif::parse(&sealed(file[..length].to_vec())).is_err(), "{length} bytes");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(file: Vec<u8>) {
        let _ = Eif::parse(&file);
    }

    /// Past the CRC: several changes to a valid file, sealed again. What is still accepted has the sections of its tables.
    #[test]
    fn no_changes_panic(changes in proptest::collection::vec((0_usize..4096, proptest::num::u8::ANY), 1..6)) {
        let mut file = image(false);
        for (at, byte) in changes {
            let length = file.len();
            file[at % length] = byte;
        }
        if let Ok(eif) = Eif::parse(&sealed(file.clone())) {
            let total: usize = eif.sections().iter().map(|section| section.data.len() + 12).sum();
            proptest::prop_assert_eq!(total + HEADER_SIZE, file.len());
        }
    }
}
