//! JSON containers to SSZ, field by field (consensus-specs `*/light-client/sync-protocol.md`, `*/beacon-chain.md`).

use serde_json::Value;

use crate::Kind;
use crate::fork::Fork;
use crate::json::JsonError;
use crate::preset::Preset;
use crate::shape::{BID_BRANCH, Field, PAYLOAD_BRANCH, Shape};
use crate::value::Fields;

const ROOT: usize = 32;
const PUBKEY: usize = 48;
const SIGNATURE: usize = 96;
/// `MAX_EXTRA_DATA_BYTES`.
const EXTRA_DATA: usize = 32;

/// A field's bytes, and whether they stand behind an offset.
enum Part {
    Fixed(Vec<u8>),
    Variable(Vec<u8>),
}

fn container(parts: &[Part]) -> Result<Vec<u8>, JsonError> {
    let fixed = |part: &Part| match part {
        Part::Fixed(bytes) => bytes.len(),
        Part::Variable(_) => 4,
    };
    let mut offset: usize = parts.iter().map(fixed).sum();
    let mut head = Vec::new();
    let mut tail = Vec::new();
    for part in parts {
        match part {
            Part::Fixed(bytes) => head.extend(bytes),
            Part::Variable(bytes) => {
                head.extend(u32::try_from(offset).map_err(|_| JsonError::TooLarge)?.to_le_bytes());
                offset += bytes.len();
                tail.extend(bytes);
            }
        }
    }
    head.append(&mut tail);
    Ok(head)
}

/// An object's SSZ, and the preset whose sizes it has.
pub(crate) fn object(kind: Kind, fork: Fork, data: &Value) -> Result<(Preset, Vec<u8>), JsonError> {
    let fields = Fields::of(data, "data", names(kind))?;
    let preset = preset(kind, &fields)?;
    let aggregate =
        || Fields::of(fields.value("sync_aggregate")?, "sync_aggregate", &["sync_committee_bits", "sync_committee_signature"]);
    let Shape { header: inline, committee_branch, finality_branch } = fork.shape();
    let header = |name| {
        let bytes = header(fork, fields.value(name)?, name)?;
        Ok(if inline.is_some() { Part::Fixed(bytes) } else { Part::Variable(bytes) })
    };
    let (committee_name, branch_name) = match kind {
        Kind::Bootstrap => ("current_sync_committee", "current_sync_committee_branch"),
        Kind::Update | Kind::FinalityUpdate | Kind::OptimisticUpdate => ("next_sync_committee", "next_sync_committee_branch"),
    };
    let mut parts = Vec::new();
    for field in kind.fields() {
        parts.push(match field {
            Field::Header => header(if kind == Kind::Bootstrap { "header" } else { "attested_header" })?,
            Field::Committee => Part::Fixed(committee(preset, fields.value(committee_name)?, committee_name)?),
            Field::CommitteeBranch => Part::Fixed(fields.list(branch_name, committee_branch, ROOT)?),
            Field::Finalized => header("finalized_header")?,
            Field::FinalityBranch => Part::Fixed(fields.list("finality_branch", finality_branch, ROOT)?),
            Field::Bits => Part::Fixed(aggregate()?.bytes("sync_committee_bits", preset.bits())?),
            Field::Signature => Part::Fixed(aggregate()?.bytes("sync_committee_signature", SIGNATURE)?),
            Field::SignatureSlot => Part::Fixed(fields.uint64("signature_slot")?.to_vec()),
        });
    }
    Ok((preset, container(&parts)?))
}

const fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bootstrap => &["header", "current_sync_committee", "current_sync_committee_branch"],
        Kind::Update => &[
            "attested_header",
            "next_sync_committee",
            "next_sync_committee_branch",
            "finalized_header",
            "finality_branch",
            "sync_aggregate",
            "signature_slot",
        ],
        Kind::FinalityUpdate => &["attested_header", "finalized_header", "finality_branch", "sync_aggregate", "signature_slot"],
        Kind::OptimisticUpdate => &["attested_header", "sync_aggregate", "signature_slot"],
    }
}

/// Told by the number of members. The bits of an update must be as many, which [`object`] finds when it reads them.
fn preset(kind: Kind, fields: &Fields<'_>) -> Result<Preset, JsonError> {
    let members = match kind {
        Kind::Bootstrap => {
            Fields::of(fields.value("current_sync_committee")?, "current_sync_committee", COMMITTEE)?.items("pubkeys")?.len()
        }
        Kind::Update | Kind::FinalityUpdate | Kind::OptimisticUpdate => {
            let bits = fields.value("sync_aggregate")?.get("sync_committee_bits").and_then(Value::as_str);
            bits.ok_or(JsonError::Field("sync_committee_bits"))?.len().saturating_sub("0x".len()) * 4
        }
    };
    Preset::with_members(members).ok_or(JsonError::Members(members))
}

const COMMITTEE: &[&str] = &["pubkeys", "aggregate_pubkey"];

fn committee(preset: Preset, value: &Value, name: &'static str) -> Result<Vec<u8>, JsonError> {
    let fields = Fields::of(value, name, COMMITTEE)?;
    let mut bytes = fields.list("pubkeys", preset.members(), PUBKEY)?;
    bytes.extend(fields.bytes("aggregate_pubkey", PUBKEY)?);
    Ok(bytes)
}

/// `LightClientHeader`.
fn header(fork: Fork, value: &Value, name: &'static str) -> Result<Vec<u8>, JsonError> {
    match fork {
        Fork::Altair | Fork::Bellatrix => beacon(&Fields::of(value, name, &["beacon"])?),
        Fork::Capella | Fork::Deneb | Fork::Electra | Fork::Fulu => {
            let fields = Fields::of(value, name, &["beacon", "execution", "execution_branch"])?;
            container(&[
                Part::Fixed(beacon(&fields)?),
                Part::Variable(execution(fork, fields.value("execution")?)?),
                Part::Fixed(fields.list("execution_branch", PAYLOAD_BRANCH, ROOT)?),
            ])
        }
        Fork::Gloas | Fork::Heze => {
            let fields = Fields::of(value, name, &["beacon", "execution_block_hash", "execution_branch"])?;
            let hash = fields.bytes("execution_block_hash", ROOT)?;
            Ok([beacon(&fields)?, hash, fields.list("execution_branch", BID_BRANCH, ROOT)?].concat())
        }
    }
}

/// `BeaconBlockHeader`.
fn beacon(header: &Fields<'_>) -> Result<Vec<u8>, JsonError> {
    let names = ["slot", "proposer_index", "parent_root", "state_root", "body_root"];
    let fields = Fields::of(header.value("beacon")?, "beacon", &names)?;
    let mut bytes = [fields.uint64("slot")?, fields.uint64("proposer_index")?].concat();
    for root in ["parent_root", "state_root", "body_root"] {
        bytes.extend(fields.bytes(root, ROOT)?);
    }
    Ok(bytes)
}

const PAYLOAD: [&str; 15] = [
    "parent_hash",
    "fee_recipient",
    "state_root",
    "receipts_root",
    "logs_bloom",
    "prev_randao",
    "block_number",
    "gas_limit",
    "gas_used",
    "timestamp",
    "extra_data",
    "base_fee_per_gas",
    "block_hash",
    "transactions_root",
    "withdrawals_root",
];
const BLOB_GAS: [&str; 2] = ["blob_gas_used", "excess_blob_gas"];

/// `ExecutionPayloadHeader`.
fn execution(fork: Fork, value: &Value) -> Result<Vec<u8>, JsonError> {
    let blobs: &[&str] = if fork == Fork::Capella { &[] } else { &BLOB_GAS };
    let names = [&PAYLOAD, blobs].concat();
    let fields = Fields::of(value, "execution", &names)?;
    let mut parts = Vec::new();
    for name in names {
        parts.push(match name {
            "fee_recipient" => Part::Fixed(fields.bytes(name, 20)?),
            "logs_bloom" => Part::Fixed(fields.bytes(name, 256)?),
            "block_number" | "gas_limit" | "gas_used" | "timestamp" | "blob_gas_used" | "excess_blob_gas" => {
                Part::Fixed(fields.uint64(name)?.to_vec())
            }
            "extra_data" => Part::Variable(fields.bytes_up_to(name, EXTRA_DATA)?),
            "base_fee_per_gas" => Part::Fixed(fields.uint256(name)?.to_vec()),
            _ => Part::Fixed(fields.bytes(name, ROOT)?),
        });
    }
    container(&parts)
}
