//! The devnet's own certificate authority, in the shape of AWS's.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use super::{hex_digits, random_hex};

const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key.pem";
const LEAF: &str = "leaf.der";
const LEAF_KEY: &str = "leaf.pem";
const DAY: u64 = 86_400;
const HOUR: u64 = 3600;
/// The root is valid from 2020-01-01 for thirty years: a devnet's clock may be anywhere in them.
const ROOT_FROM: u64 = 1_577_836_800;
const ROOT_UNTIL: u64 = ROOT_FROM + 30 * 365 * DAY;
/// A leaf lives three hours, half of them before it was asked for.
const LEAF_HALF: u64 = HOUR + HOUR / 2;
/// It is replaced while what it signs still has this long to be verified.
const LEAF_MARGIN: u64 = HOUR / 2;

/// A root certificate and its key, in a directory: what all enclaves and clients of one devnet share.
#[derive(Debug)]
pub struct SoftwareNsmCa {
    root_pem: String,
    root_der: Vec<u8>,
    key: KeyPair,
    directory: PathBuf,
}

impl SoftwareNsmCa {
    /// Opens the authority in `directory`, and makes it there first if there is none. Of several that make it at the
    /// same time one wins, and all open that one.
    ///
    /// # Errors
    /// When files can't be written, or what stands there is no authority.
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        if directory.join(ROOT).exists() {
            return Self::open(directory);
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let root = root_params().self_signed(&key)?;
        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut fresh = directory.as_os_str().to_owned();
        fresh.push(format!(".{}", random_hex(16)?));
        let fresh = PathBuf::from(fresh);
        fs::create_dir(&fresh)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh.join(ROOT_KEY))?;
        file.write_all(key.serialize_pem().as_bytes())?;
        fs::write(fresh.join(ROOT), root.pem())?;
        // Both files appear at once, or another's did before. An empty directory gives way, too.
        match fs::rename(&fresh, directory) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {
                fs::remove_dir_all(&fresh)?;
            }
            Err(error) => return Err(error).with_context(|| format!("creating {}", directory.display())),
        }
        Self::open(directory)
    }

    /// Opens the authority in `directory`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
        };
        let root_pem = read(ROOT)?;
        let Ok(root_der) = CertificateDer::from_pem_slice(root_pem.as_bytes()) else {
            bail!("{ROOT} holds no certificate");
        };
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(&read(ROOT_KEY)?, &PKCS_ECDSA_P384_SHA384)?;
        Ok(Self { root_pem, root_der: root_der.to_vec(), key, directory: directory.to_owned() })
    }

    /// The root certificate, DER: a client's trust anchor.
    #[must_use]
    pub fn root_der(&self) -> &[u8] {
        &self.root_der
    }

    /// The root certificate, PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The file that holds [`Self::root_pem`].
    #[must_use]
    pub fn root_path(&self) -> PathBuf {
        self.directory.join(ROOT)
    }

    /// The parent instance that the devnet plays: the same for all boots under one root.
    pub(super) fn instance_id(&self) -> String {
        format!("i-{}", hex_digits(&Sha256::digest(&self.root_der), 17))
    }

    /// Makes a module's key and certificates for another program in `directory`, around `now` (Unix seconds).
    ///
    /// # Errors
    /// When files can't be written, or the clock stands outside of the root's validity.
    pub fn module(&self, directory: &Path, now: u64) -> anyhow::Result<ModuleFiles> {
        let parent = self.instance_id();
        let id = format!("{parent}-enc{}", random_hex(17)?);
        let issued = self.chain(&id, now)?;
        fs::create_dir_all(directory)?;
        let key = directory.join(LEAF_KEY);
        let _ = fs::remove_file(&key);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(key)?;
        file.write_all(issued.key.serialize_pem().as_bytes())?;
        fs::write(directory.join(LEAF), &issued.certificate)?;
        for (number, authority) in issued.authorities.iter().enumerate() {
            fs::write(directory.join(authority_name(number)), authority)?;
        }
        Ok(ModuleFiles { id, parent, count: issued.authorities.len() })
    }

    /// A key for `module_id` with its chain, around `now` (Unix seconds).
    pub(super) fn issue(&self, module_id: &str, now: u64) -> anyhow::Result<Identity> {
        let Issued { key, certificate, authorities, window } = self.chain(module_id, now)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, key.serialized_der())?;
        Ok(Identity { key, certificate, authorities, from: window.0, until: window.1 })
    }

    fn chain(&self, module_id: &str, now: u64) -> anyhow::Result<Issued> {
        if !(ROOT_FROM + 20 * DAY..=ROOT_UNTIL - 20 * DAY).contains(&now) {
            bail!("the clock stands outside of the root's validity");
        }
        let region = "devnet-1";
        let instance = self.instance_id();
        let steps = [
            (format!("{}.{region}.aws.nitro-enclaves", random_hex(16)?), 2, (now - 10 * DAY, now + 10 * DAY)),
            (format!("{}.zonal.{region}.aws.nitro-enclaves", random_hex(16)?), 1, (now - 3 * DAY, now + 3 * DAY)),
            (format!("{instance}.{region}.aws.nitro-enclaves"), 0, (now - DAY / 2, now + DAY / 2)),
        ];
        let mut chain = vec![self.root_der.clone()];
        let mut issuer = Issuer::new(root_params(), KeyPair::try_from(self.key.serialized_der())?);
        for (name, path_len, window) in steps {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
            let params = authority(&name, BasicConstraints::Constrained(path_len), window)?;
            chain.push(certificate(&params, &key, &issuer)?);
            issuer = Issuer::new(params, key);
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let window = (now - LEAF_HALF, now + LEAF_HALF);
        let params = leaf(&format!("{module_id}.{region}.aws"), window)?;
        let leaf = certificate(&params, &key, &issuer)?;
        Ok(Issued { key, certificate: leaf, authorities: chain, window })
    }
}

/// A module's identity that another program holds, in files: `leaf.pem`, `leaf.der` and the authorities.
#[derive(Clone, Debug)]
pub struct ModuleFiles {
    /// The module's id.
    pub id: String,
    /// The parent instance's.
    pub parent: String,
    count: usize,
}

impl ModuleFiles {
    /// The authorities' files in `directory`, root first, with colons between.
    #[must_use]
    pub fn authorities(&self, directory: &str) -> String {
        (0..self.count).map(|number| format!("{directory}/{}", authority_name(number))).collect::<Vec<_>>().join(":")
    }
}

fn authority_name(number: usize) -> String {
    format!("authority-{number}.der")
}

/// A key with its chain, before anybody is bound to a library.
struct Issued {
    key: KeyPair,
    certificate: Vec<u8>,
    /// Root first.
    authorities: Vec<Vec<u8>>,
    window: (u64, u64),
}

/// A leaf's key and the chain above it.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key: EcdsaKeyPair,
    pub(super) certificate: Vec<u8>,
    /// Root first.
    pub(super) authorities: Vec<Vec<u8>>,
    from: u64,
    until: u64,
}

impl Identity {
    /// Whether what is signed `now` can be verified for a while.
    pub(super) const fn serves(&self, now: u64) -> bool {
        self.from <= now && now + LEAF_MARGIN <= self.until
    }
}

fn certificate(params: &CertificateParams, key: &KeyPair, issuer: &Issuer<'_, KeyPair>) -> anyhow::Result<Vec<u8>> {
    let certificate: Certificate = params.signed_by(key, issuer)?;
    Ok(certificate.der().to_vec())
}

fn params(common_name: &str, (from, until): (u64, u64)) -> CertificateParams {
    let epoch = date_time_ymd(1970, 1, 1);
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "ZZ");
    name.push(DnType::OrganizationName, "PST Vault devnet");
    name.push(DnType::OrganizationalUnitName, "not AWS");
    name.push(DnType::CommonName, common_name);
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.not_before = epoch + Duration::from_secs(from);
    params.not_after = epoch + Duration::from_secs(until);
    params
}

fn root_params() -> CertificateParams {
    let mut params = params("aws.nitro-enclaves", (ROOT_FROM, ROOT_UNTIL));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn serial() -> anyhow::Result<SerialNumber> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    bytes[0] |= 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn authority(common_name: &str, constraints: BasicConstraints, window: (u64, u64)) -> anyhow::Result<CertificateParams> {
    let instance = matches!(constraints, BasicConstraints::Constrained(0));
    let mut params = params(common_name, window);
    params.serial_number = Some(serial()?);
    params.is_ca = IsCa::Ca(constraints);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    if !instance {
        params.key_usages.extend([KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign]);
        let uris = vec!["http://devnet.invalid/nothing-is-revoked.crl".to_owned()];
        params.crl_distribution_points = vec![CrlDistributionPoint { uris }];
    }
    Ok(params)
}

/// Like AWS's: no key identifiers, and a key usage that is not critical, which `rcgen` makes by hand alone.
fn leaf(common_name: &str, window: (u64, u64)) -> anyhow::Result<CertificateParams> {
    let empty_sequence = vec![0x30, 0];
    let mut constraints = CustomExtension::from_oid_content(&[2, 5, 29, 19], empty_sequence);
    constraints.set_criticality(true);
    let digital_signature_and_non_repudiation = vec![3, 2, 6, 0xc0];
    let usage = CustomExtension::from_oid_content(&[2, 5, 29, 15], digital_signature_and_non_repudiation);
    let mut params = params(common_name, window);
    params.serial_number = Some(serial()?);
    params.custom_extensions = vec![constraints, usage];
    Ok(params)
}
