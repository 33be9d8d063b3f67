//! `single_merkle_proof`: the light client looks at the same generalized index, and all proofs of one state lead to one root.
use std::collections::HashMap;
use std::path::Path;

use chain::Layout;
use chain::conformance::{Proven, branch_root, generalized_index};

use super::yaml::{self, Why};

/// Roots by the object that they are of.
pub(crate) type Roots = HashMap<Vec<u8>, [u8; 32]>;

pub(crate) fn run(case: &Path, layout: Layout, roots: &mut Roots) -> Result<(), Why> {
    let name = case.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let proven = match name {
        "finality_root_merkle_proof" => Proven::FinalizedRoot,
        "current_sync_committee_merkle_proof" => Proven::CurrentCommittee,
        "next_sync_committee_merkle_proof" => Proven::NextCommittee,
        "execution_merkle_proof" | "execution_block_hash_merkle_proof" => Proven::Execution,
        other => return Err(format!("unknown proof {other}")),
    };
    let proof = yaml::read(&case.join("proof.yaml"))?;
    let index = yaml::number(&proof, "leaf_index")?;
    if generalized_index(proven, layout) != Some(index) {
        return Err(format!("generalized index {index} is not the client's"));
    }
    let leaf = yaml::root(&proof, "leaf")?;
    let branch = proof["branch"].as_vec().ok_or("no branch")?.iter().map(yaml::hash).collect::<Option<Vec<_>>>();
    let root = branch_root(proven, layout, &leaf, &branch.ok_or("a node is no hash")?).ok_or("branch has another length")?;
    let object = yaml::snappy(&case.join("object.ssz_snappy"))?;
    match roots.insert(object, root) {
        Some(other) if other != root => Err("two proofs of one object lead to two roots".to_owned()),
        _ => Ok(()),
    }
}
