//! Checking receipts and the served ledger: inclusion, consistency, signatures.

use alloy_primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use protocol::cbor;
use protocol::http::Response;
use protocol::ledger::{Body, Ending, Leaf, Receipt, VERSION, commitment};
use protocol::note::{self, parse_unverified};
use protocol::tlog::{self, Frontier, TILE_WIDTH, leaf_hash, verify_inclusion};
use sha2::{Digest, Sha256};

use crate::connection::Connection;

/// Entries that the served log may have for this command to read it whole.
const WHOLE: u64 = 10_000_000;

/// A receipt whose entries are in the log that the attested writer key signed.
#[derive(Clone, Debug)]
pub struct CheckedReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// Its bodies.
    pub bodies: Vec<Body>,
}

/// Checks a receipt: leaf, commitment, inclusion, checkpoint signature, and that it is about this call and this response.
///
/// # Errors
/// Any of it does not hold.
pub fn check_receipt(
    receipt: &Receipt,
    vault_id: &B256,
    writer_key: &[u8; 64],
    digest: Option<B256>,
    response: &Response,
) -> Result<CheckedReceipt> {
    ensure!(receipt.version == VERSION, "the receipt has an unknown version");
    let mut bodies = Vec::new();
    for entry in &receipt.entries {
        let leaf: Leaf = cbor::decode(&entry.leaf, 1 << 10).context("the receipt's leaf is malformed")?;
        let body: Body = cbor::decode(&entry.salted.body, 64 << 10).context("the receipt's body is malformed")?;
        ensure!(
            leaf.version == VERSION
                && leaf.kind == body.kind()
                && *leaf.commitment == commitment(&entry.salted.salt, &entry.salted.body),
            "the receipt's body is not what its leaf commits to"
        );
        let checkpoint = note::verify(&entry.checkpoint, vault_id, writer_key)
            .context("the receipt's checkpoint is not signed by the attested writer key")?;
        let path: Vec<[u8; 32]> = entry.path.iter().map(|hash| **hash).collect();
        verify_inclusion(&leaf_hash(&entry.leaf), entry.index, checkpoint.size, &path, &checkpoint.root)
            .context("the receipt's entry is not in the log")?;
        bodies.push(body);
    }
    let about = |call: &protocol::ledger::SignedCallEntry| digest.is_none_or(|digest| *call.digest == digest.0);
    let ours = match bodies.as_slice() {
        [Body::Refusal(refused)] => about(&refused.call),
        [Body::Intent(intent), Body::Provision(provisioned)] => {
            about(&intent.call) && receipt.entries.first().map(|entry| entry.index) == Some(provisioned.intent)
        }
        // An app: there is nothing to probe.
        [Body::Taken(taken)] => about(&taken.call),
        [Body::Intent(intent), retried @ .., Body::Outcome(outcome)] => {
            let answered = match outcome.ending {
                Ending::Upstream { .. } | Ending::Done if *outcome.response != [0; 32] => {
                    *outcome.response == <[u8; 32]>::from(Sha256::digest(&response.body))
                }
                Ending::Upstream { .. } | Ending::Unknown | Ending::Failed | Ending::Done => true,
            };
            let of_it = |body: &Body| matches!(body, Body::Retried(retried) if retried.intent == outcome.intent);
            let first = receipt.entries.first().map(|entry| entry.index);
            about(&intent.call) && answered && retried.iter().all(of_it) && first == Some(outcome.intent)
        }
        _ => false,
    };
    ensure!(ours, "the receipt is about another call or another answer");
    Ok(CheckedReceipt { receipt: receipt.clone(), bodies })
}

/// What `ledger verify` found.
#[derive(Clone, Debug)]
pub struct LedgerReport {
    /// Entries in the served log.
    pub size: u64,
    /// Its root.
    pub root: [u8; 32],
    /// Receipts found in it.
    pub receipts: usize,
    /// Sizes of earlier checkpoints that it extends.
    pub extends: Vec<u64>,
}

impl Connection {
    /// Reads the served log whole, recomputes its root, and checks it against its signed checkpoint, against earlier checkpoints and receipts,
    /// and against the size and root in the attestation document.
    ///
    /// # Errors
    /// Anything does not hold.
    pub async fn verify_ledger(
        &self,
        serving: &crate::verify::Serving,
        earlier: &[String],
        receipts: &[Receipt],
    ) -> Result<LedgerReport> {
        let text = String::from_utf8(self.get("/v1/ledger/checkpoint").await?).context("the checkpoint is not text")?;
        let checkpoint = note::verify(&text, &self.vault_id, &serving.data.writer_key)
            .context("the served checkpoint is not signed by the attested writer key")?;
        ensure!(checkpoint.size <= WHOLE, "the ledger is too large to be read whole");
        ensure!(checkpoint.size >= serving.data.ledger_size, "the served ledger is older than the attestation document");
        let leaves = self.leaf_hashes(checkpoint.size).await?;
        let mut wanted: Vec<(u64, [u8; 32], &str)> =
            vec![(serving.data.ledger_size, *serving.data.ledger_root, "the attestation document")];
        let mut sizes = Vec::new();
        for text in earlier {
            let earlier = parse_unverified(text).context("an earlier checkpoint is malformed")?.checkpoint;
            ensure!(
                earlier.size <= checkpoint.size,
                "an earlier checkpoint is larger than the served ledger: it was rolled back"
            );
            wanted.push((earlier.size, earlier.root, "an earlier checkpoint"));
            sizes.push(earlier.size);
        }
        for entry in receipts.iter().flat_map(|receipt| &receipt.entries) {
            let at = usize::try_from(entry.index)?;
            ensure!(
                leaves.get(at) == Some(&leaf_hash(&entry.leaf)),
                "the served ledger lacks entry {} of a receipt",
                entry.index
            );
            let signed = parse_unverified(&entry.checkpoint).context("a receipt's checkpoint is malformed")?.checkpoint;
            wanted.push((signed.size, signed.root, "a receipt's checkpoint"));
        }
        let mut frontier = Frontier::default();
        for size in 0..=checkpoint.size {
            for (_, root, who) in wanted.iter().filter(|(at, ..)| *at == size && size > 0) {
                ensure!(frontier.root() == *root, "the served ledger does not extend {who}");
            }
            if let Some(leaf) = leaves.get(usize::try_from(size)?) {
                frontier.append(*leaf, |_, _, _| {});
            }
        }
        ensure!(frontier.root() == checkpoint.root, "the served ledger does not have the root that its checkpoint signs");
        Ok(LedgerReport { size: checkpoint.size, root: checkpoint.root, receipts: receipts.len(), extends: sizes })
    }

    /// The root over the first `size` entries of the served log.
    pub(crate) async fn root_at(&self, serving: &crate::verify::Serving, size: u64) -> Result<[u8; 32]> {
        let text = String::from_utf8(self.get("/v1/ledger/checkpoint").await?).context("the checkpoint is not text")?;
        let checkpoint = note::verify(&text, &self.vault_id, &serving.data.writer_key)
            .context("the served checkpoint is not signed by the attested writer key")?;
        ensure!(size <= checkpoint.size, "the served ledger is shorter than the chain's anchor: it was rolled back");
        let (mut frontier, mut root) = (Frontier::default(), Frontier::default().root());
        for leaf in self.leaf_hashes(checkpoint.size).await? {
            frontier.append(leaf, |_, _, _| {});
            if frontier.size() == size {
                root = frontier.root();
            }
        }
        ensure!(frontier.root() == checkpoint.root, "the served ledger does not have the root that its checkpoint signs");
        Ok(root)
    }

    async fn leaf_hashes(&self, size: u64) -> Result<Vec<[u8; 32]>> {
        let mut leaves = Vec::new();
        for index in 0..size.div_ceil(TILE_WIDTH) {
            let width = (size - index * TILE_WIDTH).min(TILE_WIDTH);
            let partial = (width < TILE_WIDTH).then(|| u8::try_from(width).unwrap_or(0));
            let tile = self.get(&format!("/v1/ledger/{}", tlog::tile_path(0, index, partial))).await?;
            if tile.len() as u64 != width * 32 {
                bail!("a ledger tile has the wrong length");
            }
            leaves.extend(tile.chunks_exact(32).filter_map(|hash| <[u8; 32]>::try_from(hash).ok()));
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use protocol::attested::Checkpoint;
    use protocol::ledger::{Boot, Kind, Outcome, ReceiptEntry, Refused, Salted, SignedCallEntry};
    use protocol::signatures::CallerSignature;
    use protocol::{anchor, tlog};

    use super::*;

    const VAULT: B256 = B256::repeat_byte(7);
    const DIGEST: B256 = B256::repeat_byte(9);

    fn writer() -> SigningKey {
        SigningKey::from_slice(&[3; 32]).unwrap()
    }

    fn response() -> Response {
        Response { status: 403, headers: Vec::new(), body: b"no".to_vec() }
    }

    fn entry(body: &Body, before: &[&[u8]]) -> ReceiptEntry {
        let body = (body.kind(), cbor::encode(body));
        let salt = [5; 32];
        let leaf = Leaf { version: VERSION, kind: body.0, minute: 1, commitment: commitment(&salt, &body.1).into() };
        let leaf = cbor::encode(&leaf);
        let mut frontier = Frontier::default();
        for earlier in before {
            frontier.append(leaf_hash(earlier), |_, _, _| {});
        }
        let path = tlog::path_of_last(&frontier).into_iter().map(Into::into).collect();
        frontier.append(leaf_hash(&leaf), |_, _, _| {});
        ReceiptEntry {
            index: frontier.size() - 1,
            leaf: leaf.into(),
            salted: Salted { salt: salt.into(), body: body.1.into() },
            path,
            checkpoint: note::sign(&VAULT, frontier.size(), &frontier.root(), &writer()),
        }
    }

    fn refusal() -> Body {
        Body::Refusal(Refused {
            version: VERSION,
            boot_id: [1; 16].into(),
            time: 60_000,
            store: [2; 32].into(),
            call: SignedCallEntry {
                digest: DIGEST.0.into(),
                call: vec![1].into(),
                signature: CallerSignature::Key([0; 65].into()),
                agent: None,
            },
            refusal: "not_permitted".to_owned(),
            rule: "grant.none".to_owned(),
            evidence: None,
        })
    }

    fn receipt() -> Receipt {
        Receipt { version: VERSION, entries: vec![entry(&refusal(), &[b"an earlier leaf", b"another"])] }
    }

    fn checked(receipt: &Receipt) -> Result<CheckedReceipt> {
        check_receipt(receipt, &VAULT, &anchor::public_key(&writer()), Some(DIGEST), &response())
    }

    #[test]
    fn a_receipt_is_of_the_attested_writer_this_vault_and_this_call() {
        assert!(checked(&receipt()).is_ok());
        let other = anchor::public_key(&SigningKey::from_slice(&[4; 32]).unwrap());
        assert!(check_receipt(&receipt(), &VAULT, &other, Some(DIGEST), &response()).is_err());
        let mine = anchor::public_key(&writer());
        assert!(check_receipt(&receipt(), &B256::ZERO, &mine, Some(DIGEST), &response()).is_err());
        assert!(check_receipt(&receipt(), &VAULT, &mine, Some(B256::ZERO), &response()).is_err());
    }

    #[test]
    fn t56_each_part_of_a_receipt_that_is_changed_is_noticed() {
        type Change = fn(&mut Receipt);
        let changes: [(&str, Change); 8] = [
            ("version", |receipt| receipt.version += 1),
            ("index", |receipt| receipt.entries[0].index -= 1),
            ("salt", |receipt| receipt.entries[0].salted.salt = [6; 32].into()),
            ("body", |receipt| receipt.entries[0].salted.body = cbor::encode(&outcome(0, [0; 32])).into()),
            ("path", |receipt| receipt.entries[0].path.truncate(0)),
            ("leaf", |receipt| {
                receipt.entries[0].leaf =
                    cbor::encode(&Leaf { version: VERSION, kind: Kind::Boot, minute: 1, commitment: [0; 32].into() }).into();
            }),
            ("checkpoint", |receipt| receipt.entries[0].checkpoint = note::sign(&VAULT, 3, &[0; 32], &writer())),
            ("entries", |receipt| receipt.entries.clear()),
        ];
        for (what, change) in changes {
            let mut receipt = receipt();
            change(&mut receipt);
            assert!(checked(&receipt).is_err(), "{what}");
        }
    }

    fn outcome(intent: u64, response: [u8; 32]) -> Body {
        Body::Outcome(Outcome {
            version: VERSION,
            boot_id: [1; 16].into(),
            time: 1,
            intent,
            ending: Ending::Upstream { status: 200 },
            response: response.into(),
        })
    }

    #[test]
    fn a_boot_or_a_lone_outcome_is_no_answer_to_a_call() {
        let boot = Body::Boot(Boot {
            version: VERSION,
            boot_id: [1; 16].into(),
            time: 1,
            image: [0; 32].into(),
            checkpoint: Checkpoint { slot: 1, root: [0; 32].into() },
            document: vec![0].into(),
            settings: [0; 32].into(),
        });
        for body in [boot, outcome(0, [1; 32])] {
            assert!(checked(&Receipt { version: VERSION, entries: vec![entry(&body, &[])] }).is_err());
        }
    }
}
