//! Moves bytes both ways, within bounds.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::Instant;

use crate::hooks::{Hooks, relay as points};

/// What one connection may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes each way.
    pub(super) bytes: u64,
    /// Without a byte in either direction.
    pub(super) idle: Duration,
    /// In all.
    pub(super) life: Duration,
}

impl Bounds {
    pub(super) const DEFAULT: Self = Self { bytes: 32 << 20, idle: Duration::from_mins(1), life: Duration::from_mins(10) };
}

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piped {
    /// How it ended, as metrics call it.
    pub(super) end: &'static str,
    /// Bytes from the enclave.
    pub(super) out: u64,
    /// Bytes to the enclave.
    pub(super) into: u64,
}

/// Pipes until both sides have ended, or a bound is met.
pub(super) async fn pipe(
    enclave: impl AsyncRead + AsyncWrite,
    platform: impl AsyncRead + AsyncWrite,
    bounds: Bounds,
    hooks: &Hooks,
) -> Piped {
    let ((mut from_enclave, mut to_enclave), (mut from_platform, mut to_platform)) = (split(enclave), split(platform));
    let (mut out, mut into) = (0, 0);
    let clock = Clock { start: Instant::now(), moved: AtomicU64::new(0) };
    let watch = |read, written| Watch { bounds, clock: &clock, hooks, read, written };
    let (outward, inward) = (watch(points::OUT_READ, points::OUT_WRITTEN), watch(points::IN_READ, points::IN_WRITTEN));
    let both = async {
        tokio::try_join!(
            one_way(&mut from_enclave, &mut to_platform, &mut out, &outward),
            one_way(&mut from_platform, &mut to_enclave, &mut into, &inward),
        )
    };
    let end = tokio::select! {
        ended = both => ended.map_or_else(|end| end, |_| "closed"),
        () = clock.idle(bounds.idle) => "idle",
        () = tokio::time::sleep(bounds.life) => "life_over",
    };
    Piped { end, out, into }
}

/// When a byte last moved, for both directions.
struct Clock {
    start: Instant,
    moved: AtomicU64,
}

impl Clock {
    fn ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn touch(&self) {
        self.moved.store(self.ms(), Ordering::Relaxed);
    }

    /// Waits until nothing has moved for `idle`.
    async fn idle(&self, idle: Duration) {
        loop {
            let quiet = Duration::from_millis(self.ms().saturating_sub(self.moved.load(Ordering::Relaxed)));
            match idle.checked_sub(quiet) {
                Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
                _ => return,
            }
        }
    }
}

/// One direction: what it may cost, and who is told of it.
struct Watch<'a> {
    bounds: Bounds,
    clock: &'a Clock,
    hooks: &'a Hooks,
    read: &'static str,
    written: &'static str,
}

async fn one_way<R: AsyncRead, W: AsyncWrite>(
    from: &mut ReadHalf<R>,
    to: &mut WriteHalf<W>,
    moved: &mut u64,
    watch: &Watch<'_>,
) -> Result<(), &'static str> {
    let broken = |_: io::Error| "broken";
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut buffer).await.map_err(broken)?;
        if read == 0 {
            // The other side may have gone already.
            let _ = to.shutdown().await;
            return Ok(());
        }
        *moved += u64::try_from(read).unwrap_or(u64::MAX);
        if *moved > watch.bounds.bytes {
            return Err("too_large");
        }
        watch.hooks.at(watch.read);
        to.write_all(&buffer[..read]).await.map_err(broken)?;
        watch.hooks.at(watch.written);
        watch.clock.touch();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 10, idle: Duration::from_secs(5), life: Duration::from_mins(1) };

    #[tokio::test]
    async fn pipes_both_ways_until_both_end() {
        let ((enclave, mut e), (platform, mut p)) = (duplex(64), duplex(64));
        let piped = tokio::spawn(async move { pipe(enclave, platform, BOUNDS, &Hooks::default()).await });
        e.write_all(b"hello").await.unwrap();
        e.shutdown().await.unwrap();
        let mut got = Vec::new();
        p.read_to_end(&mut got).await.unwrap();
        p.write_all(b"hi").await.unwrap();
        drop(p);
        let mut back = Vec::new();
        e.read_to_end(&mut back).await.unwrap();
        assert_eq!((got.as_slice(), back.as_slice()), (&b"hello"[..], &b"hi"[..]));
        assert_eq!(piped.await.unwrap(), Piped { end: "closed", out: 5, into: 2 });
    }

    #[tokio::test]
    async fn t46_ends_at_the_byte_bound() {
        let ((enclave, _e), (platform, mut p)) = (duplex(64), duplex(64));
        p.write_all(&[0; 11]).await.unwrap();
        assert_eq!(pipe(enclave, platform, BOUNDS, &Hooks::default()).await.end, "too_large");
    }

    #[tokio::test]
    async fn t46_ends_when_nothing_moves() {
        let ((enclave, _e), (platform, _p)) = (duplex(64), duplex(64));
        let short = Duration::from_millis(30);
        assert_eq!(pipe(enclave, platform, Bounds { idle: short, ..BOUNDS }, &Hooks::default()).await.end, "idle");
        let ((enclave, _e), (platform, _p)) = (duplex(64), duplex(64));
        assert_eq!(pipe(enclave, platform, Bounds { life: short, ..BOUNDS }, &Hooks::default()).await.end, "life_over");
    }

    #[tokio::test]
    async fn one_silent_direction_is_not_idle() {
        let ((enclave, mut e), (platform, mut p)) = (duplex(64), duplex(64));
        let bounds = Bounds { idle: Duration::from_millis(200), ..BOUNDS };
        let piped = tokio::spawn(async move { pipe(enclave, platform, bounds, &Hooks::default()).await });
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(80)).await;
            p.write_all(b"x").await.unwrap();
        }
        let mut got = [0; 5];
        e.read_exact(&mut got).await.unwrap();
        drop((e, p));
        assert_eq!(piped.await.unwrap().into, 5);
    }
}
