//! Where the fuzzer begins: an image of this builder, signed and not, a foreign one, and a ramdisk.

use eif_build::cpio::{Node, Tree};
use eif_build::{Architecture, Image, Signer, VaultImage};
use p384::ecdsa::SigningKey;
use p384::pkcs8::DecodePrivateKey;

/// The seeds.
pub(crate) fn images() -> Vec<Vec<u8>> {
    let mut kernel = vec![0; 1024 + 32];
    kernel[0x1f1] = 1;
    kernel[0x1f4] = 2;
    kernel[0x202..0x206].copy_from_slice(b"HdrS");
    let data = [("clocksources".to_owned(), b"tsc\n".to_vec())];
    let ours = VaultImage { kernel: &kernel, command_line: "quiet pst_vault.end", init: b"\x7fELF", data: &data };
    let signer = Signer {
        key: SigningKey::from_pkcs8_pem(include_str!("../vectors/signer.key.pem")).expect("the test's key"),
        certificate: include_str!("../vectors/signer.pem").to_owned(),
    };
    let foreign = Image {
        architecture: Architecture::Aarch64,
        memory: 1,
        cpus: 1,
        kernel: b"k",
        command_line: "c",
        metadata: b"{}",
        ramdisks: &[b"a", b"b", b"c"],
    };
    let mut tree = Tree::new();
    tree.add("dev", Node::Directory).expect("a path");
    tree.add("dev/console", Node::Device { major: 5, minor: 1 }).expect("a path");
    tree.add("link", Node::Link("dev".to_owned())).expect("a path");
    let signed = ours.bytes(Some(&signer)).expect("an image");
    let section = eif_build::Eif::parse(&signed).expect("an image").section(eif_build::Kind::Signature).expect("signed").to_vec();
    vec![
        ours.bytes(None).expect("an image"),
        signed,
        foreign.bytes(None).expect("an image"),
        tree.bytes().expect("a ramdisk"),
        section,
    ]
}
