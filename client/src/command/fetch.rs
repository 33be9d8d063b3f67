//! `fetch`: a file on another host that an earlier answer named.

use std::fs::OpenOptions;
use std::io::Write as _;

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use protocol::limits;
use serde_json::{Value, json};

use super::agent::signer;
use super::args::FetchArgs;
use super::report::{Exit, Output};
use super::use_vault::{evidence, show};
use crate::caller::{Answered, CallRequest};
use crate::connection::Connection;

/// Parts of a file, at most.
const PARTS: u64 = 4_096;

pub(super) async fn run(connection: &Connection, out: Output, args: FetchArgs) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let signer = signer(&args.signer)?;
    let part = limits::UPSTREAM_BODY as u64;
    let mut file = None;
    let mut first = 0;
    for _ in 0..PARTS {
        let asked = json!({ "url": args.url, "first": first, "last": first + part - 1 });
        let request = CallRequest {
            method: "POST".to_owned(),
            url: format!("https://{}/v1/link", protocol::provision::HOST),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: asked.to_string().into_bytes(),
            origin: args.store.origin,
            salt: args.store.salt,
            role: args.role.map_or(B256::ZERO, |role| role.0),
            evidence: args.evidence.as_deref().map_or_else(|| Ok(Vec::new()), evidence)?,
            min_finalized_slot: 0,
        };
        let answered = connection.call(&serving, signer.signer(), &request).await?;
        let good = answered.outcome == "upstream" && matches!(answered.response.status, 200 | 206);
        if !good {
            return show(&answered, out, false, None);
        }
        ensure!(answered.response.status == 206 || first == 0, "the host hands out no parts of the file any more");
        if file.is_none() {
            let made = OpenOptions::new().write(true).create_new(true).open(&args.out);
            file = Some(made.with_context(|| format!("can't make {}: nothing is overwritten", args.out.display()))?);
        }
        let length = answered.response.body.len() as u64;
        if let Some(file) = &mut file {
            file.write_all(&answered.response.body)?;
        }
        first += length;
        if total(&answered)?.is_none_or(|total| first >= total) {
            out.line(&format!("{first} bytes: {}", args.out.display()));
            let encoding = answered.response.header("content-encoding").map(|value| String::from_utf8_lossy(value).into_owned());
            out.object(json!({ "bytes": first, "file": args.out, "content_encoding": encoding }));
            return Ok(Exit::Done);
        }
        ensure!(length > 0, "the host hands out nothing more of {first} bytes");
    }
    anyhow::bail!("the file is larger than {} bytes", PARTS * part)
}

/// Bytes of the whole file; none if this was all of it.
fn total(answered: &Answered) -> Result<Option<u64>> {
    if answered.response.status == 200 {
        return Ok(None);
    }
    let range = answered.response.header("content-range").context("a part without its range")?;
    let total = std::str::from_utf8(range)?.rsplit_once('/').map(|(_, total)| total).context("a part without its range")?;
    let total: Value = serde_json::from_str(total).unwrap_or_default();
    Ok(Some(total.as_u64().context("a part of a file of unknown length")?))
}
