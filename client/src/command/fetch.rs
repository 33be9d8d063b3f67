//! `fetch`: a file on another host that an earlier answer named.

use std::fs::OpenOptions;
use std::io::Write as _;

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use protocol::limits;
use serde_json::json;

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
    let mut parts = Parts::default();
    for _ in 0..PARTS {
        let first = parts.got;
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
        let Answered { response, .. } = &answered;
        let all = parts.take(response.status, response.header("content-range"), response.body.len() as u64)?;
        if file.is_none() {
            let made = OpenOptions::new().write(true).create_new(true).open(&args.out);
            file = Some(made.with_context(|| format!("can't make {}: nothing is overwritten", args.out.display()))?);
        }
        if let Some(file) = &mut file {
            file.write_all(&answered.response.body)?;
        }
        if all {
            out.line(&format!("{} bytes: {}", parts.got, args.out.display()));
            let encoding = response.header("content-encoding").map(|value| String::from_utf8_lossy(value).into_owned());
            out.object(json!({ "bytes": parts.got, "file": args.out, "content_encoding": encoding }));
            return Ok(Exit::Done);
        }
    }
    anyhow::bail!("the file is larger than {} bytes", PARTS * part)
}

/// A file that comes part by part, each asked for from where the last one ended.
#[derive(Debug, Default)]
struct Parts {
    /// Bytes that are there.
    got: u64,
    /// Bytes of the whole file, as its first part said.
    total: Option<u64>,
}

impl Parts {
    /// Takes the next part, before it is written. Whether it was the last.
    fn take(&mut self, status: u16, range: Option<&[u8]>, length: u64) -> Result<bool> {
        if status == 200 {
            // The whole file: of a host that knows no parts, or one that will not go on with them. Behind a part it would be a file of both.
            ensure!(self.got == 0, "the host hands out no parts of the file any more");
            self.got = length;
            return Ok(true);
        }
        let (first, last, total) =
            range.and_then(content_range).context("a part without its range, or of a file of unknown length")?;
        ensure!(first == self.got, "another part than the one that was asked for");
        ensure!(length > 0, "the host hands out nothing more of {} bytes", self.got);
        ensure!(
            last.checked_sub(first).and_then(|rest| rest.checked_add(1)) == Some(length),
            "a part of another length than its range"
        );
        ensure!(self.total.is_none_or(|before| before == total), "the file changed while it was fetched");
        self.total = Some(total);
        self.got += length;
        Ok(self.got >= total)
    }
}

/// `bytes 0-499/1234` (RFC 9110 section 14.4).
fn content_range(value: &[u8]) -> Option<(u64, u64, u64)> {
    let (range, total) = std::str::from_utf8(value).ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Option<&[u8]> = Some(b"bytes 0-9/25");

    fn begun() -> Parts {
        let mut parts = Parts::default();
        assert!(!parts.take(206, RANGE, 10).unwrap());
        parts
    }

    #[test]
    fn a_file_is_its_parts_in_their_order_or_whole() {
        let mut parts = begun();
        assert!(!parts.take(206, Some(b"bytes 10-19/25"), 10).unwrap());
        assert!(parts.take(206, Some(b"bytes 20-24/25"), 5).unwrap());
        assert_eq!(parts.got, 25);
        let mut whole = Parts::default();
        assert!(whole.take(200, None, 25).unwrap());
        assert_eq!(whole.got, 25);
        assert!(Parts::default().take(200, None, 0).unwrap(), "an empty one");
    }

    #[test]
    fn a_later_part_that_is_answered_with_the_whole_file_ends_it() {
        for (range, length) in [(None, 25), (Some(&b"bytes 10-19/25"[..]), 10), (Some(b"bytes 10-19/25"), 0)] {
            let mut parts = begun();
            let error = parts.take(200, range, length).unwrap_err().to_string();
            assert_eq!((error.as_str(), parts.got), ("the host hands out no parts of the file any more", 10));
        }
    }

    #[test]
    fn a_part_is_the_one_that_was_asked_for() {
        for (range, length) in [
            (None, 10),
            (RANGE, 10),
            (Some(&b"bytes 11-20/25"[..]), 10),
            (Some(b"bytes 10-19/26"), 10),
            (Some(b"bytes 10-19/*"), 10),
            (Some(b"bytes 10-19/25"), 9),
            (Some(b"bytes 10-9/25"), 0),
            (Some(b"bytes 10-18446744073709551615/25"), 10),
            (Some(b"bytes */25"), 10),
            (Some(b"10-19/25"), 10),
            (Some(b"bytes 10-19/-25"), 10),
            (Some(b"\xff"), 10),
        ] {
            let mut parts = begun();
            assert!(parts.take(206, range, length).is_err(), "{range:?} {length}");
            assert_eq!(parts.got, 10);
        }
    }
}
