//! Frames.

use crate::raw::{self, Vault, dial, framed, run, say, secret};
use protocol::frame::encode_message;
use protocol::limits;
use protocol::message::{Answer, HostRequest, Problem, Reply, Supply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::{good, serving, size};

#[test]
fn t9_refuses_frames_that_are_not_a_message() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let frame = encode_message(HostRequest::Status, limits::HOST_FRAME).unwrap();
        let body = &frame[4..];
        let another = |version: u8| {
            let mut body = body.to_vec();
            body[1] = version;
            framed(&body)
        };
        let malformed = [
            ("4 GiB prefix", [&[0xff; 4], body].concat()),
            ("one byte over the limit", u32::try_from(limits::HOST_FRAME + 1).unwrap().to_be_bytes().to_vec()),
            ("empty", vec![0; 4]),
            ("trailing byte", framed(&[body, &[0]].concat())),
            ("nested arrays", framed(&vec![0x81; 1 << 20])),
            ("array of 2^64 items", framed(&[0x82, 1, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
            ("byte string of 2^63 bytes", framed(&[0x82, 1, 0x82, 6, 0x81, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0])),
            ("a million items", framed(&[&[0x9a, 0, 0x0f, 0xff, 0xff], vec![0; 1 << 20].as_slice()].concat())),
            ("indefinite array", framed(&[&[0x9f], &body[1..], &[0xff]].concat())),
            ("version 2", another(2)),
            ("version 0", another(0)),
            ("no such request", framed(&[0x82, 1, 0x82, 0x18, 99, 0x80])),
            ("text", framed(b"GET / HTTP/1.1\r\n\r\n")),
        ];
        for (name, bytes) in malformed {
            assert_eq!(raw::raw(world, &bytes).await, Some(Reply::Answer(Answer::Problem(Problem::Malformed))), "{name}");
        }
        for (name, bytes) in [("truncated", framed(body)[..frame.len() - 1].to_vec()), ("half a header", vec![0, 0])] {
            assert_eq!(raw::raw(world, &bytes).await, None, "{name}");
        }
        assert_eq!(world.enclave_pid(), pid);
        good(world, Some(before)).await;
    });
}

#[test]
fn t9_half_open_connections_hold_up_nobody() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let silent = UnixStream::connect(world.socket()).await.unwrap();
        let mut half = dial(world).await;
        half.write_all(&[0, 0]).await.unwrap();
        let mut announced = dial(world).await;
        announced.write_all(&framed(&[0; 4096])[..100]).await.unwrap();
        good(world, Some(before)).await;
        drop((silent, half, announced));
    });
}

#[test]
fn t9_three_hundred_connections_at_once() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let mut open = Vec::new();
        for _ in 0..300 {
            // The backlog may be full: that is one way to be refused.
            if let Ok(stream) = UnixStream::connect(world.socket()).await {
                open.push(stream);
            }
        }
        assert!(open.len() > 200);
        // They take every place until their time is over; the call comes through while they are still held open.
        let told = Vault::new(world).until_answered(secret(world, "caller")).await;
        assert_eq!((told.outcome.as_str(), world.enclave_pid()), ("upstream", pid));
        drop(open);
        good(world, Some(before + 2)).await;
    });
}

#[test]
fn t9_refuses_another_port_in_the_handshake() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let long = [b'C'; 4096];
        for line in [b"CONNECT 5001\n".as_slice(), b"CONNECT  5000\n", b"CONNECT 05000\n", b"GET / HTTP/1.1\n", b"\n", &long] {
            let mut stream = UnixStream::connect(world.socket()).await.unwrap();
            let _ = stream.write_all(line).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(answer.is_empty(), "{:?}", String::from_utf8_lossy(line));
        }
        good(world, Some(before)).await;
    });
}

#[test]
fn t10_malformed_conversations_end_alone() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let frame = encode_message(HostRequest::Call { message: vec![0x5a; 512] }, limits::HOST_FRAME).unwrap();
        for index in 0..frame.len() {
            let mut bytes = frame.clone();
            bytes[index] ^= 0x80 | u8::try_from(index % 128).unwrap();
            let answer = raw::raw(world, &bytes).await;
            assert!(matches!(answer, None | Some(Reply::Answer(Answer::Problem(_)))), "byte {index}: {answer:?}");
        }
        // An answer that fits no question, in the middle of a tick.
        for supply in [Supply::Committed, Supply::Record(None), Supply::Ledger(Vec::new()), Supply::State(Vec::new())] {
            let mut stream = dial(world).await;
            if let Some(Reply::Need(_)) = say(&mut stream, HostRequest::Tick).await {
                let _ = say(&mut stream, supply).await;
            }
        }
        assert_eq!((world.enclave_pid(), size(world).await), (pid, before));
        good(world, Some(before)).await;
    });
}
