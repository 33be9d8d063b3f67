//! The official vectors, by the same code as the command `conformance`.
#[path = "../../examples/conformance/case.rs"]
mod case;
#[path = "../../examples/conformance/proof.rs"]
mod proof;
#[path = "../../examples/conformance/sync.rs"]
mod sync;
#[path = "../../examples/conformance/yaml.rs"]
mod yaml;

use crate::vectors;

#[test]
fn the_official_vectors_pass_and_no_update_is_forced() {
    let Some(folder) = vectors::folder() else { return };
    let mut failed = vec![];
    let report = case::run(&folder.join("light-client/spec"), |name, result| {
        if let Err(why) = result {
            failed.push(format!("{name}: {why}"));
        }
    });
    assert_eq!(failed, Vec::<String>::new());
    // 52 of sync, 100 of ssz_static, 27 proofs, 7 rankings.
    assert_eq!((report.passed, report.failed, report.forced), (186, 0, 21));
}
