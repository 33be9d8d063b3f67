//! An image file, byte by byte, as it is and with its CRC put right, so that what is behind the CRC is reached.
#![no_main]

use eif_build::cpio::Tree;
use eif_build::{Eif, HEADER_SIZE, Image, Kind, SECTION_HEADER_SIZE, canonical, signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read(data);
    if data.len() >= HEADER_SIZE {
        let mut repaired = data.to_vec();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&data[..HEADER_SIZE - 4]);
        crc.update(&data[HEADER_SIZE..]);
        repaired[HEADER_SIZE - 4..HEADER_SIZE].copy_from_slice(&crc.finalize().to_be_bytes());
        read(&repaired);
    }
    // A ramdisk and a signature of anybody.
    if let Ok(tree) = Tree::parse(data) {
        let bytes = tree.bytes().expect("it was as short before");
        assert_eq!(Tree::parse_exact(&bytes).expect("it was just written"), tree);
    }
    let _ = signature::verify(data, &[1; 48]);
});

fn read(file: &[u8]) {
    let Ok(image) = Eif::parse(file) else { return };
    // Nothing lies between the sections or behind them.
    let sections: usize = image.sections().iter().map(|section| SECTION_HEADER_SIZE + section.data.len()).sum();
    assert_eq!(HEADER_SIZE + sections, file.len());
    let measured = image.measurements();
    if let Some(section) = image.section(Kind::Signature) {
        let _ = signature::verify(section, &measured.pcr0);
    }
    if canonical::check(&image).is_ok() {
        // What this builder could have written it writes again.
        let ramdisks: Vec<&[u8]> = image.ramdisks().collect();
        let again = Image {
            architecture: image.architecture(),
            memory: image.memory(),
            cpus: image.cpus(),
            kernel: image.section(Kind::Kernel).expect("canonical"),
            command_line: core::str::from_utf8(image.section(Kind::CommandLine).expect("canonical")).expect("printable"),
            metadata: image.section(Kind::Metadata).expect("canonical"),
            ramdisks: &ramdisks,
        };
        assert_eq!(again.bytes(image.section(Kind::Signature)).expect("it is well-formed"), file);
        assert_eq!(again.measurements(), measured);
    }
}
