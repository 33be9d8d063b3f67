//! The report of `verify`: one value, which is printed for people, for programs, and as an attestation result.

use attestation_verifier::{CertificateSummary, Role, UnverifiedContents, UnverifiedDocument};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::arguments::Format;
use crate::calendar::{utc, utc_millis};
use crate::checks::{self, Check, Root, Status};
use crate::command::{Basis, Time};
use crate::expected::{Asked, Source};
use crate::verdict::Verdict;

/// The version of `--json`. A field that goes or changes its meaning raises it; one that is added does not.
pub(crate) const FORMAT: u64 = 1;
pub(crate) const TOOL: &str = concat!("attestation-verifier ", env!("CARGO_PKG_VERSION"));

/// What register 2 holds when no ramdisk follows the first: the measurement of no bytes.
const PCR2_OF_NOTHING: &str = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";

/// `schema/report.json`
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) format: u64,
    pub(crate) tool: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) exit_code: u8,
    pub(crate) summary: String,
    /// What the reader can do about it.
    pub(crate) next: Option<&'static str>,
    /// The first broken rule.
    pub(crate) broken: Option<Broken>,
    pub(crate) input: InputReport,
    pub(crate) root: RootReport,
    /// `null` when the document could not be read so far that a time mattered.
    pub(crate) time: Option<TimeReport>,
    pub(crate) policy: Option<PolicyReport>,
    pub(crate) checks: Vec<Check>,
    pub(crate) document: Option<DocumentReport>,
}

#[derive(Serialize)]
pub(crate) struct Broken {
    /// Its number in SPEC.md; `null` for bytes that can't even be decoded.
    pub(crate) rule: Option<&'static str>,
    pub(crate) text: String,
}

#[derive(Serialize)]
pub(crate) struct InputReport {
    pub(crate) name: String,
    /// How it was written.
    pub(crate) encoding: Option<&'static str>,
    /// Decoded.
    pub(crate) bytes: Option<usize>,
    pub(crate) sha256: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct RootReport {
    pub(crate) source: String,
    pub(crate) aws: bool,
    pub(crate) sha256: String,
}

#[derive(Serialize)]
pub(crate) struct TimeReport {
    pub(crate) basis: Basis,
    pub(crate) unix: u64,
    pub(crate) utc: String,
    /// Whether an age at this time says anything of now: only this machine's clock does.
    pub(crate) proves_freshness: bool,
}

#[derive(Serialize)]
pub(crate) struct PolicyReport {
    pub(crate) name: String,
    pub(crate) sha256: String,
}

/// What the document says.
#[derive(Serialize)]
pub(crate) struct DocumentReport {
    /// Whether who made it is known. If not, somebody wrote all that follows.
    pub(crate) authentic: bool,
    pub(crate) payload_sha384: String,
    pub(crate) tagged: bool,
    pub(crate) indefinite_payload: bool,
    pub(crate) module_id: String,
    pub(crate) timestamp_ms: u64,
    pub(crate) made: String,
    /// At the time of the check.
    pub(crate) age: Option<String>,
    pub(crate) mode: &'static str,
    pub(crate) pcrs: Vec<PcrReport>,
    pub(crate) public_key: Option<String>,
    pub(crate) user_data: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) certificates: Vec<CertificateReport>,
}

#[derive(Serialize)]
pub(crate) struct PcrReport {
    pub(crate) index: u8,
    pub(crate) value: String,
    pub(crate) expected: Option<String>,
    pub(crate) source: Option<&'static str>,
    pub(crate) status: Status,
    /// What is known about this value.
    pub(crate) note: Option<&'static str>,
}

#[derive(Serialize)]
pub(crate) struct CertificateReport {
    pub(crate) sha256: String,
    /// `null` for a certificate that can't be read.
    pub(crate) content: Option<CertificateContent>,
}

#[derive(Serialize)]
pub(crate) struct CertificateContent {
    pub(crate) subject: String,
    pub(crate) serial: String,
    pub(crate) not_before: u64,
    pub(crate) not_after: u64,
    pub(crate) window: String,
    pub(crate) authority: bool,
    pub(crate) path_len: Option<u8>,
    pub(crate) digital_signature: bool,
    pub(crate) key_cert_sign: bool,
}

/// The document as it came in.
pub(crate) struct Received<'a> {
    pub(crate) name: String,
    pub(crate) format: Option<Format>,
    pub(crate) bytes: Option<&'a [u8]>,
    pub(crate) parsed: Option<&'a UnverifiedDocument<'a>>,
}

impl Report {
    pub(crate) fn new(verdict: &Verdict, received: &Received<'_>, root: &Root<'_>, time: Option<Time>, asked: &Asked) -> Self {
        let contents = received.parsed.map(UnverifiedDocument::danger_contents);
        let mut all = checks::authenticity(verdict, root, contents);
        all.extend(checks::contents(verdict, asked, contents, time));
        if contents.is_some() && verdict.payload_digest().is_none() {
            for check in &mut all {
                check.unverified = check.observed.is_some();
            }
        }
        let document = received.parsed.map(|document| {
            let authentic = verdict.payload_digest() == Some(document.danger_payload_digest());
            let mut report = DocumentReport::new(document, authentic, time);
            for pcr in &mut report.pcrs {
                pcr.expect(asked, &all);
            }
            report
        });
        Self {
            format: FORMAT,
            tool: TOOL,
            verdict: verdict.name(),
            exit_code: verdict.exit_code(),
            summary: summary(verdict, root, time),
            next: checks::next(verdict, root.anchor),
            broken: checks::first_broken(verdict).map(|(rule, text)| Broken { rule, text }),
            input: InputReport::new(received),
            root: RootReport {
                source: root.source.clone(),
                aws: root.anchor.is_aws(),
                sha256: hex::encode(root.anchor.fingerprint()),
            },
            time: time.map(TimeReport::new),
            policy: asked
                .policy
                .as_ref()
                .map(|policy| PolicyReport { name: policy.name.clone(), sha256: hex::encode(policy.sha256) }),
            checks: all,
            document,
        }
    }
}

/// The verdict in one sentence, with what it rests on where that is not AWS's root and a clock: few people read on.
fn summary(verdict: &Verdict, root: &Root<'_>, time: Option<Time>) -> String {
    let mut text = verdict.summary();
    if verdict.payload_digest().is_some() {
        if !root.anchor.is_aws() {
            text.push_str(" (UNDER ANOTHER ROOT THAN AWS'S)");
        }
        match time.map(|time| time.basis) {
            Some(Basis::Document) => text.push_str(" (AT ITS OWN TIME, WHICH PROVES NO FRESHNESS)"),
            Some(Basis::Given) => text.push_str(" (AT A GIVEN TIME, WHICH PROVES NO FRESHNESS)"),
            Some(Basis::Clock) | None => {}
        }
    }
    text
}

impl InputReport {
    pub(crate) fn new(received: &Received<'_>) -> Self {
        Self {
            name: received.name.clone(),
            encoding: received.format.map(|format| match format {
                Format::Auto => "auto",
                Format::Bin => "bin",
                Format::Hex => "hex",
                Format::Base64 => "base64",
            }),
            bytes: received.bytes.map(<[u8]>::len),
            sha256: received.bytes.map(|bytes| hex::encode(Sha256::digest(bytes))),
        }
    }
}

impl TimeReport {
    fn new(time: Time) -> Self {
        Self { basis: time.basis, unix: time.at.0, utc: utc(time.at.0), proves_freshness: time.basis == Basis::Clock }
    }
}

impl DocumentReport {
    pub(crate) fn new(document: &UnverifiedDocument<'_>, authentic: bool, time: Option<Time>) -> Self {
        let UnverifiedContents { module_id, timestamp_ms, pcrs, certificate, authorities, public_key, user_data, nonce } =
            document.danger_contents();
        let [pcr0, pcr1, _] = pcrs.image();
        let one_ramdisk = if pcr0 == pcr1 {
            "the image has one ramdisk, so that PCR0 and PCR1 are equal"
        } else {
            "no ramdisk follows the first, and yet PCR0 and PCR1 differ"
        };
        let pcr = |(index, value): (u8, &[u8; 48])| PcrReport {
            index,
            value: hex::encode(value),
            expected: None,
            source: None,
            status: Status::NotChecked,
            note: (index == 2 && hex::encode(value) == PCR2_OF_NOTHING).then_some(one_ramdisk),
        };
        Self {
            authentic,
            payload_sha384: hex::encode(document.danger_payload_digest()),
            tagged: document.encoding().tagged,
            indefinite_payload: document.encoding().indefinite_payload,
            module_id: (*module_id).to_owned(),
            timestamp_ms: *timestamp_ms,
            made: utc_millis(*timestamp_ms),
            age: time.map(|time| checks::age_text(*timestamp_ms, time)),
            mode: if pcrs.debug_mode() { "debug" } else { "production" },
            pcrs: pcrs.iter().map(pcr).collect(),
            public_key: public_key.map(hex::encode),
            user_data: user_data.map(hex::encode),
            nonce: nonce.map(hex::encode),
            certificates: authorities.iter().chain([certificate]).map(|der| CertificateReport::new(der)).collect(),
        }
    }
}

impl PcrReport {
    /// Puts what was expected beside it.
    fn expect(&mut self, asked: &Asked, checks: &[Check]) {
        let status = |id: &str| checks.iter().find(|check| check.id == id).map_or(Status::NotChecked, |check| check.status);
        // Of register 4 the module id says what it holds, whether or not somebody expected it.
        if self.index == 4 {
            self.source = Some("the module id");
            self.status = status("instance");
        }
        if let Some(register) = asked.registers.get(&self.index) {
            self.expected = Some(hex::encode(register.value));
            self.source = Some(Source::name(register.source));
            self.status = status(&format!("pcr{}", self.index));
        }
    }
}

impl CertificateReport {
    fn new(der: &[u8]) -> Self {
        let content = CertificateSummary::danger_read(der).ok().map(|summary| {
            let CertificateSummary { common_name, serial, not_before, not_after, role, usage, sha256: _ } = summary;
            let (authority, path_len) = match role {
                Role::EndEntity => (false, None),
                Role::Authority { path_len } => (true, path_len),
            };
            CertificateContent {
                subject: common_name,
                serial: hex::encode(serial),
                not_before: not_before.0,
                not_after: not_after.0,
                window: format!("{} to {}", utc(not_before.0), utc(not_after.0)),
                authority,
                path_len,
                digital_signature: usage.digital_signature,
                key_cert_sign: usage.key_cert_sign,
            }
        });
        Self { sha256: hex::encode(Sha256::digest(der)), content }
    }
}
