//! What the writer writes, the reader reads, and what follows from it.

mod kit;

use eif_build::canonical::{self, CanonicalError};
use eif_build::cpio::{CpioError, Node, Tree};
use eif_build::signature::{self, SignatureError};
use eif_build::{Architecture, Eif, EifError, Image, Kind, Measurements};
use kit::{COMMAND_LINE, METADATA, image, kernel, ramdisks, signer, tree};
use p384::pkcs8::DecodePrivateKey;
use sha2::{Digest, Sha384};

fn parts<'a>(kernel: &'a [u8], line: &'a str, disks: &'a [&'a [u8]]) -> Image<'a> {
    Image {
        architecture: Architecture::X86_64,
        memory: 1,
        cpus: 1,
        kernel,
        command_line: line,
        metadata: METADATA,
        ramdisks: disks,
    }
}

fn written(kernel: &[u8], line: &str, disks: &[&[u8]]) -> Vec<u8> {
    parts(kernel, line, disks).bytes(None).unwrap()
}

#[test]
fn sections_come_back_as_they_were_written() {
    let file = image(true);
    let eif = Eif::parse(&file).unwrap();
    let kinds: Vec<_> = eif.sections().iter().map(|section| section.kind).collect();
    assert_eq!(kinds, [Kind::Kernel, Kind::CommandLine, Kind::Metadata, Kind::Ramdisk, Kind::Ramdisk, Kind::Signature]);
    assert_eq!(eif.section(Kind::Kernel), Some(&*kernel()));
    assert_eq!(eif.section(Kind::CommandLine), Some(COMMAND_LINE.as_bytes()));
    assert_eq!(eif.ramdisks().map(<[u8]>::to_vec).collect::<Vec<_>>(), ramdisks());
    assert_eq!((eif.architecture(), eif.memory(), eif.cpus()), (Architecture::X86_64, 128 << 20, 2));
}

#[test]
fn the_same_parts_give_the_same_bytes() {
    assert_eq!(image(false), image(false));
}

#[test]
fn pcrs_hash_contents_as_the_hypervisor_does() {
    let register = |parts: &[&[u8]]| -> [u8; 48] {
        let digest = Sha384::digest(parts.concat());
        Sha384::digest([&[0; 48], &*digest].concat()).into()
    };
    let (kernel, [first, second]) = (kernel(), ramdisks());
    let found = Measurements::of(&kernel, b"line", &[&first, &second, b"third"]);
    assert_eq!(found.pcr0, register(&[&kernel, b"line", &first, &second, b"third"]));
    assert_eq!(found.pcr1, register(&[&kernel, b"line", &first]));
    assert_eq!(found.pcr2, register(&[&second, b"third"]));
}

#[test]
fn without_an_application_ramdisk_pcr2_is_that_of_nothing() {
    let found = Measurements::of(b"kernel", b"line", &[b"first"]);
    assert_eq!(found.pcr0, found.pcr1);
    let nothing = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";
    assert_eq!(hex::encode(found.pcr2), nothing);
}

#[test]
fn an_image_that_the_reader_would_refuse_is_not_written() {
    let disk: &[u8] = b"070701";
    let refused = |kernel: &[u8], line: &str, disks: &[&[u8]]| parts(kernel, line, disks).bytes(None).unwrap_err();
    assert_eq!(refused(b"", "a", &[disk]), EifError::Empty(0));
    assert_eq!(refused(b"k", "a\0", &[disk]), EifError::CommandLine);
    assert_eq!(refused(b"k", "a", &[]), EifError::Missing(Kind::Ramdisk));
    assert_eq!(refused(b"k", "a", &[disk; 30]), EifError::SectionCount(33));
}

#[test]
fn canonical_an_image_of_the_builder_passes_signed_or_not() {
    for signed in [false, true] {
        let file = image(signed);
        let [system, data] = canonical::check(&Eif::parse(&file).unwrap()).unwrap();
        assert_eq!(system, tree(b"\x7fELF"));
        assert!(matches!(data.get("limits"), Some(Node::File { executable: false, .. })));
    }
}

#[test]
fn canonical_a_moved_border_with_the_same_pcrs_is_refused() {
    let (kernel, [first, second]) = (kernel(), ramdisks());
    let true_image = written(&kernel, COMMAND_LINE, &[&first, &second]);
    let true_pcrs = Eif::parse(&true_image).unwrap().measurements();
    // The last byte of the kernel at the front of the command line; two bytes of the command line at the front of the first ramdisk;
    // the first bytes of the second application ramdisk at the end of the first.
    let mut longer = kernel.clone();
    longer.push(b'c');
    let (line, end) = COMMAND_LINE.split_at(COMMAND_LINE.len() - 2);
    let shifted = [end.as_bytes(), &first].concat();
    let cases = [
        (written(&longer, &COMMAND_LINE[1..], &[&first, &second]), CanonicalError::KernelLength { expected: 1056, found: 1057 }),
        (written(&kernel, line, &[&shifted, &second]), CanonicalError::CommandLine),
    ];
    for (file, expected) in cases {
        let eif = Eif::parse(&file).unwrap();
        assert_eq!(eif.measurements(), true_pcrs, "the border's place is not measured");
        assert_eq!(canonical::check(&eif).unwrap_err(), expected);
    }
    let (a, b) = second.split_at(8);
    let (file, whole) = (written(&kernel, COMMAND_LINE, &[&first, a, b]), written(&kernel, COMMAND_LINE, &[&first, &second]));
    let eif = Eif::parse(&file).unwrap();
    assert_eq!(eif.measurements(), Eif::parse(&whole).unwrap().measurements());
    assert_eq!(canonical::check(&eif).unwrap_err(), CanonicalError::Sections);
}

#[test]
fn canonical_each_rule_has_its_error() {
    let (kernel, [first, second]) = (kernel(), ramdisks());
    let check = |file: &[u8]| canonical::check(&Eif::parse(file).unwrap()).unwrap_err();
    let disks = [&*first, &*second];
    let arm = Image { architecture: Architecture::Aarch64, ..parts(&kernel, COMMAND_LINE, &disks) };
    assert_eq!(check(&arm.bytes(None).unwrap()), CanonicalError::Architecture);
    assert_eq!(check(&written(&kernel, COMMAND_LINE, &[&first])), CanonicalError::Sections);
    assert_eq!(check(&written(b"no kernel", COMMAND_LINE, &[&first, &second])), CanonicalError::Kernel);
    assert_eq!(check(&written(&kernel, "console=ttyS0", &[&first, &second])), CanonicalError::CommandLine);
    let zipped = CanonicalError::Ramdisk { index: 1, error: CpioError::Magic(0) };
    assert_eq!(check(&written(&kernel, COMMAND_LINE, &[&first, &[0x1f; 200]])), zipped);
    let longer = [&*second, &[0; 512]].concat();
    let form = CanonicalError::Ramdisk { index: 1, error: CpioError::Form };
    assert_eq!(check(&written(&kernel, COMMAND_LINE, &[&first, &longer])), form);
}

#[test]
fn cpio_a_tree_comes_back_and_paths_are_sorted() {
    let mut tree = tree(b"init");
    tree.add("bin", Node::Link("usr/bin".to_owned())).unwrap();
    let archive = tree.bytes().unwrap();
    assert_eq!(archive.len() % 512, 0);
    assert_eq!(Tree::parse_exact(&archive).unwrap(), tree);
    assert_eq!(tree.nodes().map(|(path, _)| path).collect::<Vec<_>>(), ["bin", "dev", "dev/console", "init"]);
}

#[test]
fn cpio_malformed_paths_are_refused() {
    let mut tree = tree(b"");
    for path in ["", "/init", "a//b", "../init", "dev/..", "a b", "a\n", "é", "TRAILER!!!", &"a".repeat(256)] {
        assert_eq!(tree.add(path, Node::Directory), Err(CpioError::Path(path.to_owned())));
    }
    assert_eq!(tree.add("usr/bin", Node::Directory), Err(CpioError::Parent("usr/bin".to_owned())));
    assert_eq!(tree.add("init/x", Node::Directory), Err(CpioError::Parent("init/x".to_owned())));
    assert_eq!(tree.add("init", Node::Directory), Err(CpioError::Repeated("init".to_owned())));
}

#[test]
fn cpio_another_time_owner_or_order_is_another_form() {
    let archive = tree(b"init").bytes().unwrap();
    // inode, uid, gid, links, mtime of the first entry
    for field in [0, 2, 3, 4, 5] {
        let mut changed = archive.clone();
        changed[6 + 8 * field + 7] = b'7';
        assert_eq!(Tree::parse_exact(&changed), Err(CpioError::Form), "field {field}");
    }
    let mut padding = archive.clone();
    *padding.last_mut().unwrap() = 1;
    assert!(matches!(Tree::parse_exact(&padding), Err(CpioError::Magic(_))), "a second archive");
}

proptest::proptest! {
    #[test]
    fn cpio_no_bytes_panic(changes in proptest::collection::vec((0_usize..2048, proptest::num::u8::ANY), 1..8)) {
        let mut archive = tree(b"init").bytes().unwrap();
        let length = archive.len();
        for (at, byte) in changes {
            archive[at % length] = byte;
        }
        let _ = Tree::parse(&archive);
    }
}

#[test]
fn signature_the_same_key_signs_the_same_bytes_and_pcr8_is_the_certificates() {
    let (key, pem) = signer();
    let pcr0 = [7; 48];
    let section = signature::sign(&pcr0, &key, &pem).unwrap();
    assert_eq!(signature::sign(&pcr0, &key, &pem).unwrap(), section);
    let signed = signature::verify(&section, &pcr0).unwrap();
    let register = Sha384::digest([&[0; 48], &*Sha384::digest(signed.certificate())].concat());
    assert_eq!(signed.pcr8(), *register);
}

#[test]
fn signature_each_rule_has_its_error() {
    let ((key, pem), (other_key, _)) = (signer(), signer());
    let pcr0 = [7; 48];
    let section = signature::sign(&pcr0, &key, &pem).unwrap();
    let refused = |section: &[u8]| signature::verify(section, &pcr0).unwrap_err();
    assert_eq!(signature::verify(&section, &[8; 48]).unwrap_err(), SignatureError::Payload);
    assert_eq!(signature::sign(&pcr0, &other_key, &pem).unwrap_err(), SignatureError::OtherKey);
    assert_eq!(signature::sign(&pcr0, &key, "no PEM").unwrap_err(), SignatureError::Certificate);
    assert_eq!(signature::sign(&pcr0, &key, &pem.repeat(2)).unwrap_err(), SignatureError::Certificate);
    assert_eq!(refused(&[0x80]), SignatureError::Empty);
    assert_eq!(refused(&[&[0x82], &section[1..], &section[1..]].concat()), SignatureError::Several);
    assert_eq!(refused(&[&*section, &[0]].concat()), SignatureError::Malformed);
    assert_eq!(refused(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), SignatureError::Several);
    assert_eq!(refused(b""), SignatureError::Malformed);
    let mut changed = section.clone();
    // The last byte of the signature, an integer of the array's last element.
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&changed), SignatureError::Signature);
}

#[test]
fn signature_changed_anywhere_after_the_certificate_it_fails() {
    let (key, pem) = signer();
    let pcr0 = [7; 48];
    let section = signature::sign(&pcr0, &key, &pem).unwrap();
    let name = b"signature";
    let start = section.windows(name.len()).position(|window| window == name).unwrap();
    for at in start..section.len() {
        let mut changed = section.clone();
        changed[at] ^= 1;
        assert!(signature::verify(&changed, &pcr0).is_err(), "byte {at}");
    }
}

/// The certificate is not signed by what it verifies: another one of the same key is another PCR8, and the release names that.
#[test]
fn signature_under_another_certificate_of_the_key_is_another_pcr8() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let key = p384::ecdsa::SigningKey::from_pkcs8_der(pair.serialized_der()).unwrap();
    let [one, other] = ["one.example", "other.example"].map(|name| {
        let pem = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&pair).unwrap().pem();
        signature::verify(&signature::sign(&[7; 48], &key, &pem).unwrap(), &[7; 48]).unwrap().pcr8()
    });
    assert_ne!(one, other);
}
