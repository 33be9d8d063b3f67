//! An image made in the test, and ways to change it.
#![allow(dead_code, reason = "each test uses a part")]

use std::sync::LazyLock;

use eif_build::cpio::{Node, Tree};
use eif_build::{Architecture, HEADER_SIZE, Image};
use p384::ecdsa::SigningKey;
use p384::pkcs8::DecodePrivateKey;

pub(crate) const METADATA: &[u8] = br#"{"ImageName":"test","ImageVersion":"1"}"#;
pub(crate) const COMMAND_LINE: &str = "console=ttyS0 pst_vault.end";

/// A bzImage as far as its setup header goes: one setup sector and two paragraphs.
pub(crate) fn kernel() -> Vec<u8> {
    let mut kernel: Vec<u8> = (0..1024 + 32_u32).map(|i| i.to_le_bytes()[0]).collect();
    kernel[0x1f1] = 1;
    kernel[0x1f4..0x1f8].copy_from_slice(&2_u32.to_le_bytes());
    kernel[0x202..0x206].copy_from_slice(b"HdrS");
    kernel
}

pub(crate) fn tree(init: &[u8]) -> Tree {
    let mut tree = Tree::new();
    tree.add("dev", Node::Directory).unwrap();
    tree.add("dev/console", Node::Device { major: 5, minor: 1 }).unwrap();
    tree.add("init", Node::File { data: init.to_vec(), executable: true }).unwrap();
    tree
}

pub(crate) fn ramdisks() -> [Vec<u8>; 2] {
    let mut data = Tree::new();
    data.add("limits", Node::File { data: b"one".to_vec(), executable: false }).unwrap();
    [tree(b"\x7fELF").bytes().unwrap(), data.bytes().unwrap()]
}

static SIGNER: LazyLock<(SigningKey, String)> = LazyLock::new(signer);

pub(crate) fn image(signed: bool) -> Vec<u8> {
    let (kernel, ramdisks) = (kernel(), ramdisks());
    let ramdisks = [&*ramdisks[0], &*ramdisks[1]];
    let image = Image {
        architecture: Architecture::X86_64,
        memory: 128 << 20,
        cpus: 2,
        kernel: &kernel,
        command_line: COMMAND_LINE,
        metadata: METADATA,
        ramdisks: &ramdisks,
    };

    let (key, pem) = &*SIGNER;
    let section = signed.then(|| eif_build::signature::sign(&image.measurements().pcr0, key, pem).unwrap());
    image.bytes(section.as_deref()).unwrap()
}

/// A P-384 key and its self-signed certificate.
pub(crate) fn signer() -> (SigningKey, String) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["signer.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    (SigningKey::from_pkcs8_der(pair.serialized_der()).unwrap(), certificate.pem())
}

/// The CRC set right, so that only the rule under test is broken.
pub(crate) fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    if file.len() >= HEADER_SIZE {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&file[..HEADER_SIZE - 4]);
        crc.update(&file[HEADER_SIZE..]);
        file[HEADER_SIZE - 4..HEADER_SIZE].copy_from_slice(&crc.finalize().to_be_bytes());
    }
    file
}

pub(crate) fn set(file: &mut [u8], at: usize, value: &[u8]) {
    file[at..at + value.len()].copy_from_slice(value);
}

/// Where the file's header keeps a section's offset.
pub(crate) const fn offset_field(section: usize) -> usize {
    28 + 8 * section
}

/// Where the file's header keeps a section's size.
pub(crate) const fn size_field(section: usize) -> usize {
    284 + 8 * section
}

/// Where a section's own header begins.
pub(crate) fn section(file: &[u8], section: usize) -> usize {
    let at = offset_field(section);
    usize::try_from(u64::from_be_bytes(file[at..at + 8].try_into().unwrap())).unwrap()
}

/// A file of any sections, their headers and tables consistent, whatever they are.
pub(crate) fn file_of(sections: &[(u16, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; HEADER_SIZE];
    set(&mut file, 0, b".eif");
    set(&mut file, 4, &4_u16.to_be_bytes());
    set(&mut file, 26, &u16::try_from(sections.len()).unwrap().to_be_bytes());
    for (index, (code, data)) in sections.iter().enumerate() {
        let offset = file.len() as u64;
        set(&mut file, offset_field(index), &offset.to_be_bytes());
        set(&mut file, size_field(index), &(data.len() as u64).to_be_bytes());
        file.extend(code.to_be_bytes());
        file.extend(0_u16.to_be_bytes());
        file.extend((data.len() as u64).to_be_bytes());
        file.extend(*data);
    }
    sealed(file)
}
