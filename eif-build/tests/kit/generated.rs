//! Images of any shape, each made from its number alone, so that two programs make the same ones.

use eif_build::{Architecture, Image, Signer};
use p384::ecdsa::SigningKey;
use p384::pkcs8::DecodePrivateKey;

/// How many there are.
pub(crate) const COUNT: u64 = 36;
/// What every reader of the format takes.
pub(crate) const METADATA: &str = r#"{"ImageName":"generated","ImageVersion":"1","BuildMetadata":{"BuildTime":"1970-01-01T00:00:00+00:00","BuildTool":"eif-build","BuildToolVersion":"1","OperatingSystem":"Linux","KernelVersion":"6.12"},"DockerInfo":{},"CustomMetadata":{}}"#;
/// Lengths at which a reader or a hash could go wrong: around blocks, pages and nothing.
const LENGTHS: [u64; 12] = [1, 2, 111, 112, 127, 128, 129, 4_095, 4_096, 4_097, 65_537, 200_003];

/// The parts of one.
pub(crate) struct Generated {
    pub(crate) architecture: Architecture,
    pub(crate) kernel: Vec<u8>,
    pub(crate) command_line: String,
    pub(crate) ramdisks: Vec<Vec<u8>>,
    pub(crate) signed: bool,
}

impl Generated {
    /// Its parts: one to as many ramdisks as fit, a third of all signed.
    pub(crate) fn numbered(number: u64) -> Self {
        let mut source = Source(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let signed = number % 3 == 1;
        let ramdisks = match number {
            0..8 => number / 2 + 1,
            // 32 sections, the most that there may be.
            8 | 9 => 29,
            10 => 28,
            _ => source.below(9) + 1,
        };
        let length = usize::try_from(source.length()).expect("it is short");
        let command_line = source.bytes(length.min(2_047)).iter().map(|byte| char::from(b' ' + byte % 95)).collect();
        let mut bytes = || {
            let length = usize::try_from(source.length()).expect("it is short");
            source.bytes(length)
        };
        Self {
            architecture: if number % 5 == 4 { Architecture::Aarch64 } else { Architecture::X86_64 },
            kernel: bytes(),
            command_line,
            ramdisks: (0..ramdisks).map(|_| bytes()).collect(),
            signed,
        }
    }

    /// The file that this project's writer makes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let ramdisks: Vec<&[u8]> = self.ramdisks.iter().map(Vec::as_slice).collect();
        let image = Image {
            architecture: self.architecture,
            memory: 1 << 30,
            cpus: 2,
            kernel: &self.kernel,
            command_line: &self.command_line,
            metadata: METADATA.as_bytes(),
            ramdisks: &ramdisks,
        };
        let section = self.signed.then(|| {
            let Signer { key, certificate } = signer();
            eif_build::signature::sign(&image.measurements().pcr0, &key, &certificate).expect("the key is the certificate's")
        });
        image.bytes(section.as_deref()).expect("an image")
    }
}

/// The tests' key and its certificate.
pub(crate) fn signer() -> Signer {
    Signer {
        key: SigningKey::from_pkcs8_pem(include_str!("../vectors/signer.key.pem")).expect("the test's key"),
        certificate: include_str!("../vectors/signer.pem").to_owned(),
    }
}

/// xorshift64*.
struct Source(u64);

impl Source {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 32) % bound
    }

    fn length(&mut self) -> u64 {
        let index = usize::try_from(self.below(12)).expect("it is small");
        LENGTHS[index]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}
