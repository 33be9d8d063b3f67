//! Where an image comes from, as an in-toto Statement v1 with SLSA provenance v1. Nothing in it is said twice in another way: the source
//! revision and the listed inputs are all that the image depends on.

use serde_json::{Value, json};

use super::release::{Builders, dependencies};
use crate::build::inputs::Inputs;

/// The statement about the image and its `release.json`.
pub(crate) fn statement(builders: &Builders, release_sha256: &str, inputs: &Inputs) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            { "name": "pst-vault.eif", "digest": { "sha256": builders.eif.sha256 } },
            { "name": "release.json", "digest": { "sha256": release_sha256 } },
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:pst-vault:eif-build:1",
                "externalParameters": { "command": "eif-build image", "revision": builders.source.revision },
                "internalParameters": {},
                "resolvedDependencies": dependencies(builders, inputs),
            },
            "runDetails": {
                "builder": { "id": "urn:pst-vault:eif-build", "version": { "eif-build": env!("CARGO_PKG_VERSION") } },
            },
        },
    })
}
