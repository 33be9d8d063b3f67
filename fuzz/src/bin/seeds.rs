//! Writes the seeds of each target to `fuzz/corpus/<target>/`.

#[path = "../../chain/seeds.rs"]
mod chain_seeds;
#[path = "../../chain/json.rs"]
mod json;
#[path = "../../../eif-build/tests/kit/seeds.rs"]
mod eif_seeds;
#[path = "../../../attestation-verifier/tests/kit/mod.rs"]
mod kit;
#[path = "../../../host-proxy/beacon/tests/beacon_api/render.rs"]
mod render;
#[path = "../../chain/tree.rs"]
mod tree;
#[allow(dead_code, reason = "it signs nothing")]
#[path = "../../chain/world.rs"]
mod world;

use std::fs;
use std::path::Path;

use kit::Kit;
use kit::signed::{Signed, template};

fn main() -> std::io::Result<()> {
    write("chain_objects", &chain_seeds::objects())?;
    write("chain_execution", &chain_seeds::execution())?;
    write("chain_advance", &chain_seeds::advance())?;
    write("beacon_api", &json::answers())?;
    write("eif_read", &eif_seeds::images())?;
    let kit = Kit::new();
    let signed = Signed::new(&kit);
    let definite = Kit::with(|kit| kit.indefinite = false);
    let tagged = Kit::with(|kit| kit.tag = vec![0xd2]);
    write("document_raw", &[kit.build(), definite.build(), tagged.build(), signed.certificates[0].clone()])?;

    let payload = |kit: &Kit| [&[0], template(kit).as_slice()].concat();
    let mut seeds = vec![payload(&kit), payload(&definite)];
    for index in 1..=4_u8 {
        seeds.push([&[index], kit.to_be_signed(usize::from(index)).as_slice()].concat());
    }
    write("document_signed", &seeds)
}

fn write(target: &str, seeds: &[Vec<u8>]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    println!("{}: {} seeds", folder.display(), seeds.len());
    Ok(())
}
