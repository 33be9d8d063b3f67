use std::path::PathBuf;

use super::Why;

/// What was typed.
pub(crate) struct Arguments {
    pub(crate) network: String,
    pub(crate) bootstrap: PathBuf,
    pub(crate) updates: Vec<PathBuf>,
    pub(crate) finality: Option<PathBuf>,
    pub(crate) attested: Option<PathBuf>,
    /// Unix seconds.
    pub(crate) now: u64,
    pub(crate) checkpoint: Option<[u8; 32]>,
}

const USAGE: &str = "usage: replay --network mainnet|sepolia|hoodi|FILE --bootstrap F --updates F... [--finality F] [--attested F] \
                     --now UNIX [--checkpoint ROOT]";

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Why> {
        let (mut network, mut bootstrap, mut finality, mut attested) = (None, None, None, None);
        let (mut now, mut checkpoint, mut updates) = (None, None, Vec::new());
        let mut option = words.next();
        while let Some(name) = option.take() {
            let value = words.next().ok_or(USAGE)?;
            match name.as_str() {
                "--network" => network = Some(value),
                "--bootstrap" => bootstrap = Some(PathBuf::from(value)),
                "--finality" => finality = Some(PathBuf::from(value)),
                "--attested" => attested = Some(PathBuf::from(value)),
                "--now" => now = Some(value.parse().map_err(|_| "--now takes unix seconds")?),
                "--checkpoint" => checkpoint = Some(root(&value)?),
                "--updates" => {
                    updates.push(PathBuf::from(value));
                    option = words.next();
                    while let Some(file) = option.take_if(|word| !word.starts_with("--")) {
                        updates.push(PathBuf::from(file));
                        option = words.next();
                    }
                    continue;
                }
                _ => return Err(USAGE.to_owned()),
            }
            option = words.next();
        }
        Ok(Self {
            network: network.ok_or(USAGE)?,
            bootstrap: bootstrap.ok_or(USAGE)?,
            updates,
            finality,
            attested,
            now: now.ok_or(USAGE)?,
            checkpoint,
        })
    }
}

fn root(text: &str) -> Result<[u8; 32], Why> {
    let bytes = hex::decode(text.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "--checkpoint takes 32 bytes in hexadecimal".to_owned())
}
