//! Running a receipt's decisions again: what was signed, what the contract was asked, and what it answers at the receipt's blocks.
//!
//! What is asked of a node and what its answers must be is worked out here without a node ([`questions`]); asking is a loop around it. That the
//! receipt's entries are in the vault's log is another check (`ledger verify`).

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::{SolCall, SolStruct, SolValue, sol};
use anyhow::{Context, Result, ensure};
use contracts_bindings::StoreRegistry::authorizeCall;
use contracts_bindings::{AUTHORIZE_GAS, rule_text};
use protocol::call::{self, Call};
use protocol::cbor;
use protocol::ledger::{Body, Evaluation, Evidence, Head, Receipt, SignedCallEntry};
use protocol::signatures::{CallerSignature, SIGNATURE_GAS};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, Secp256k1};

use crate::chain::Node;

sol! {
    /// EIP-1271.
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// Whose decisions are run again.
#[derive(Clone, Copy, Debug)]
pub struct Vault {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// `StoreRegistry`.
    pub registry: Address,
    /// Vault id.
    pub id: B256,
}

/// A call to make at a block, and the output it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In words.
    pub about: String,
    /// Block that it is asked at.
    pub block: u64,
    /// That block's hash.
    pub hash: B256,
    /// Contract.
    pub to: Address,
    /// Call data.
    pub data: Bytes,
    /// Gas: another amount could have another outcome.
    pub gas: u64,
    /// What it returned in the enclave.
    pub returned: Bytes,
}

/// What a receipt says, checked as far as that goes without a chain.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The heads that its decisions rest on, each once: finalized, attested, for each decision.
    pub heads: Vec<Head>,
    /// What to ask.
    pub questions: Vec<Question>,
    /// Code that ran, and its hash.
    pub code: Vec<(Address, B256, [u64; 2])>,
}

/// One thing that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, in words.
    pub about: String,
    /// How it differs; `None` if it is the same.
    pub differs: Option<String>,
}

/// Works out what to ask. Every signature is checked, and that the contract was asked what was signed.
///
/// # Errors
/// The receipt is malformed, or contradicts itself.
pub fn questions(receipt: &Receipt, vault: &Vault) -> Result<Checked> {
    let mut checked = Checked { heads: Vec::new(), questions: Vec::new(), code: Vec::new() };
    for entry in &receipt.entries {
        let body: Body = cbor::decode(&entry.salted.body, 64 << 10).context("the receipt's body is malformed")?;
        let (signed, evidence, permitted) = match &body {
            Body::Intent(intent) => (&intent.call, Some(&intent.evidence), true),
            Body::Refusal(refused) => (&refused.call, refused.evidence.as_ref(), false),
            Body::Taken(taken) => (&taken.call, Some(&taken.evidence), true),
            Body::Boot(_)
            | Body::Provision(_)
            | Body::Outcome(_)
            | Body::HeadConflict(_)
            | Body::Refreshing(_)
            | Body::Refreshed(_)
            | Body::Retried(_)
            | Body::Watched(_)
            | Body::Unchanged(_)
            | Body::Alerted(_)
            | Body::Shown(_) => continue,
        };
        let call = Call::abi_decode_validate(&signed.call).context("the signed call is malformed")?;
        let to_sign = check_signatures(signed, &call, vault)?;
        let Some(evidence) = evidence else { continue };
        for head in [&evidence.finalized, &evidence.attested] {
            if let CallerSignature::Contract(signature) = &signed.signature {
                checked.questions.push(account_question(&call, to_sign, signature, head));
            }
            if !checked.heads.contains(head) {
                checked.heads.push(head.clone());
            }
        }
        for evaluation in &evidence.evaluations {
            checked.questions.extend(evaluated(evaluation, evidence, &call, signed, vault, permitted)?);
        }
        let blocks = [evidence.finalized.block_number, evidence.attested.block_number];
        for code in &evidence.code {
            let (address, hash) = code.as_slice().split_at(Address::len_bytes());
            checked.code.push((Address::from_slice(address), B256::from_slice(hash), blocks));
        }
    }
    ensure!(!checked.questions.is_empty(), "the receipt holds no decision of the contract");
    Ok(checked)
}

/// Who signed is who is named. Returns what the caller had to sign.
fn check_signatures(signed: &SignedCallEntry, call: &Call, vault: &Vault) -> Result<B256> {
    let domain = call::domain(vault.chain_id, vault.registry, vault.id);
    let digest = call.eip712_signing_hash(&domain);
    ensure!(*signed.digest == digest.0, "the call's digest is another one");
    let to_sign = signed.agent.as_ref().map_or(digest, |agent| agent.delegation(call.caller).eip712_signing_hash(&domain));
    if let CallerSignature::Key(signature) = &signed.signature {
        let (compact, v) = signature.split_at(64);
        let id = RecoveryId::try_from(i32::from(v.first().copied().unwrap_or_default()) - 27)?;
        let signature = RecoverableSignature::from_compact(compact, id)?;
        let key = Secp256k1::verification_only().recover_ecdsa(Message::from_digest(to_sign.0), &signature)?;
        let found = Address::from_raw_public_key(key.serialize_uncompressed().get(1..).unwrap_or_default());
        ensure!(found == call.caller, "the call is signed by {found} and not by its caller");
    }
    Ok(to_sign)
}

fn account_question(call: &Call, to_sign: B256, signature: &[u8], head: &Head) -> Question {
    let mut magic = isValidSignatureCall::SELECTOR.to_vec();
    magic.resize(32, 0);
    Question {
        about: format!("signature of the contract {} at block {}", call.caller, head.block_number),
        block: head.block_number,
        hash: B256::from(*head.block_hash),
        to: call.caller,
        data: isValidSignatureCall { hash: to_sign, signature: Bytes::copy_from_slice(signature) }.abi_encode().into(),
        gas: SIGNATURE_GAS,
        returned: magic.into(),
    }
}

/// The two questions of one operation. What the contract was asked must be what was signed.
fn evaluated(
    evaluation: &Evaluation,
    evidence: &Evidence,
    call: &Call,
    signed: &SignedCallEntry,
    vault: &Vault,
    permitted: bool,
) -> Result<[Question; 2]> {
    let data: Bytes = [authorizeCall::SELECTOR.as_slice(), &evaluation.request].concat().into();
    let request = authorizeCall::abi_decode_validate(&data).context("the contract's request is malformed")?.request;
    let agent = signed.agent.as_ref().map_or(B256::ZERO, |agent| agent.key.id());
    ensure!(
        request.vault == vault.id
            && request.caller == call.caller
            && request.agent == agent
            && (request.r#ref.origin, request.r#ref.salt) == (call.origin, call.salt)
            && (request.role, request.recipient) == (call.role, call.recipient)
            && request.operation == keccak256(&evaluation.operation)
            && keccak256(&request.evidence) == call.evidenceHash,
        "the contract was asked something else than what was signed"
    );
    let heads =
        [("finalized", &evidence.finalized, &evaluation.finalized), ("attested", &evidence.attested, &evaluation.attested)];
    for (_, _, returned) in &heads {
        let allowed = authorizeCall::abi_decode_returns_validate(returned).context("an answer is malformed")?.decision.allowed;
        ensure!(allowed || !permitted, "the credential was used although the contract refused");
    }
    Ok(heads.map(|(name, head, returned)| Question {
        about: format!("{} at the {name} head, block {}", evaluation.operation, head.block_number),
        block: head.block_number,
        hash: B256::from(*head.block_hash),
        to: vault.registry,
        data: data.clone(),
        gas: AUTHORIZE_GAS,
        returned: Bytes::copy_from_slice(returned),
    }))
}

impl Question {
    /// Compares a node's answer with the enclave's.
    #[must_use]
    pub fn compare(&self, answer: Option<&Bytes>) -> Finding {
        let differs = match answer {
            Some(answer) if *answer == self.returned => None,
            Some(answer) => Some(format!("the receipt says {}, the node {}", said(&self.returned), said(answer))),
            None => Some(format!("the receipt says {}, the node gives no answer", said(&self.returned))),
        };
        Finding { about: self.about.clone(), differs }
    }
}

/// Whether a receipt's head is the block that a node has at its height, by hash and state root.
#[must_use]
pub fn compare_head(head: &Head, there: Option<(B256, B256)>) -> Finding {
    let (hash, root) = (B256::from(*head.block_hash), B256::from(*head.state_root));
    let differs = match there {
        Some(there) if there == (hash, root) => None,
        Some((there, _)) if there != hash => Some(format!("orphaned: the receipt's block is {hash}, the node's {there}")),
        Some((_, there)) => Some(format!("the receipt's state root is {root}, the node's {there}")),
        None => Some("the node has no such block".to_owned()),
    };
    Finding { about: format!("block {}", head.block_number), differs }
}

/// An answer in words, if it is a decision.
fn said(answer: &Bytes) -> String {
    authorizeCall::abi_decode_returns_validate(answer).map_or_else(
        |_| answer.to_string(),
        |answer| {
            let verdict = if answer.decision.allowed { "allowed" } else { "refused" };
            format!("{verdict} by {}", rule_text(answer.decision.rule).unwrap_or_else(|| answer.decision.rule.to_string()))
        },
    )
}

impl Checked {
    /// Asks a node all of it. A head that is not the node's block is said to be orphaned, and nothing is asked there.
    ///
    /// # Errors
    /// The node can't be asked.
    pub async fn run(&self, node: &Node) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut canonical = Vec::new();
        for head in &self.heads {
            let finding = compare_head(head, node.block_at(head.block_number).await?);
            if finding.differs.is_none() {
                canonical.push(head.block_number);
            }
            findings.push(finding);
        }
        for question in self.questions.iter().filter(|question| canonical.contains(&question.block)) {
            let answer = node.call_at(question.block, question.to, &question.data, question.gas).await?;
            findings.push(question.compare(answer.as_ref()));
        }
        for (address, hash, blocks) in &self.code {
            let mut found = false;
            for block in blocks.iter().filter(|block| canonical.contains(block)) {
                found |= node.code_hash_at(*block, *address).await? == *hash;
            }
            let differs = (!found && !canonical.is_empty()).then(|| format!("{hash} is its code at neither block"));
            findings.push(Finding { about: format!("code of {address}"), differs });
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests;
