//! What a hostile platform, or a hostile way to it, does to a request.

use std::sync::Arc;
use std::time::Duration;

use protocol::http::Request;
use protocol::limits;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;
use vault::Egressed;

use super::{RELAY_ANSWER, Tls, exchange};
use crate::clock::Clock;

const HOST: &str = "a.shop.example";
/// 1 January 2030: the clock of these tests.
const NOW_MS: u64 = 1_893_456_000_000;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a year around the clock, changed.
fn server(issuer: &Authority, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
    let mut params = CertificateParams::new([HOST.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2029, 12, 1);
    params.not_after = rcgen::date_time_ymd(2030, 2, 1);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    let pair = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&pair, issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

fn trusting(issuer: &Authority) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    Tls::new(&Arc::new(roots), Clock::starting_at(NOW_MS)).unwrap()
}

fn request() -> Request {
    Request {
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        authority: HOST.to_owned(),
        path: "/orders?x=1".to_owned(),
        headers: vec![("authorization".to_owned(), b"Bearer secret-token".to_vec())],
        body: Vec::new(),
    }
}

/// The relay's side of the tunnel, once it said yes.
async fn relay(mut host: DuplexStream) -> (DuplexStream, Vec<u8>) {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        asked.push(host.read_u8().await.unwrap());
    }
    host.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    (host, asked)
}

/// Whether a platform with this certificate is believed.
async fn believed(tls: &Tls, config: ServerConfig, host: &str) -> bool {
    let (enclave, other) = duplex(1 << 16);
    let server = tokio::spawn(async move {
        let (stream, _) = relay(other).await;
        let _ = TlsAcceptor::from(Arc::new(config)).accept(stream).await;
    });
    let connected = tls.tunnel(enclave, host).await.is_ok();
    server.await.unwrap();
    connected
}

/// What the enclave makes of these bytes as an answer, and the bytes that it sent.
async fn answered(answer: Vec<u8>) -> (Egressed, Vec<u8>) {
    let issuer = authority();
    let config = server(&issuer, |_| ());
    let tls = trusting(&issuer);
    let (enclave, other) = duplex(1 << 16);
    let server = tokio::spawn(async move {
        let (stream, _) = relay(other).await;
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"\r\n\r\n") {
            sent.push(stream.read_u8().await.unwrap());
        }
        // Whoever hangs up first, and when, is no matter.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        sent
    });
    let stream = tls.tunnel(enclave, HOST).await.unwrap();
    let egressed = exchange(stream, &request(), || true, || ()).await;
    (egressed, server.await.unwrap())
}

fn body(egressed: &Egressed) -> Option<&[u8]> {
    match egressed {
        Egressed::Response(response) => Some(&response.body),
        Egressed::NotSent | Egressed::Unknown => None,
    }
}

#[tokio::test]
async fn t45_only_a_valid_certificate_of_that_name_is_believed() {
    let issuer = authority();
    let tls = trusting(&issuer);
    assert!(believed(&tls, server(&issuer, |_| ()), HOST).await);
    // The name, exactly; and in the subject's alternatives, not in its common name.
    let named = |name: &str| CertificateParams::new([name.to_owned()]).unwrap().subject_alt_names;
    for name in ["b.shop.example", "shop.example", "a.shop.example.evil.example", "*.a.shop.example", "*.example", "127.0.0.1"] {
        assert!(!believed(&tls, server(&issuer, |params| params.subject_alt_names = named(name)), HOST).await, "{name}");
    }
    assert!(believed(&tls, server(&issuer, |params| params.subject_alt_names = named("*.shop.example")), HOST).await);
    let common_name = |params: &mut CertificateParams| {
        params.subject_alt_names.clear();
        params.distinguished_name.push(DnType::CommonName, HOST);
    };
    assert!(!believed(&tls, server(&issuer, common_name), HOST).await);
    // The time, by the enclave's clock.
    let expired = |params: &mut CertificateParams| params.not_after = rcgen::date_time_ymd(2029, 12, 31);
    let early = |params: &mut CertificateParams| params.not_before = rcgen::date_time_ymd(2030, 1, 2);
    assert!(!believed(&tls, server(&issuer, expired), HOST).await);
    assert!(!believed(&tls, server(&issuer, early), HOST).await);
    // What it is for.
    let client = |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert!(!believed(&tls, server(&issuer, client), HOST).await);
}

#[tokio::test]
async fn t45_an_authority_that_is_not_compiled_in_is_not_believed() {
    let (issuer, private) = (authority(), authority());
    let tls = trusting(&issuer);
    assert!(!believed(&tls, server(&private, |_| ()), HOST).await);
    let pair = KeyPair::generate().unwrap();
    let own = CertificateParams::new([HOST.to_owned()]).unwrap().self_signed(&pair).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    assert!(!believed(&tls, config, HOST).await);
}

#[tokio::test]
async fn t45_an_older_tls_is_refused() {
    for version in [[3, 2], [3, 1], [3, 0]] {
        let issuer = authority();
        let tls = trusting(&issuer);
        let (enclave, other) = duplex(1 << 16);
        let server = tokio::spawn(async move {
            let (mut stream, _) = relay(other).await;
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).await.unwrap();
            // A server hello of that version: random, no session, one suite, no compression.
            let mut message = vec![2, 0, 0, 38];
            message.extend(version);
            message.extend([7; 32]);
            message.extend([0, 0xc0, 0x13, 0]);
            let mut record = vec![22];
            record.extend(version);
            record.extend([0, 42]);
            record.extend(message);
            let _ = stream.write_all(&record).await;
            let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await;
        });
        assert!(tls.tunnel(enclave, HOST).await.is_err(), "{version:?}");
        server.await.unwrap();
    }
}

#[tokio::test]
async fn t45_a_relay_that_says_no_or_talks_too_much_is_not_followed() {
    for answer in
        [&b"HTTP/1.1 403 Forbidden\r\n\r\n"[..], b"HTTP/1.0 200 OK\r\n\r\n", b"\r\n\r\n", &[b'x'; RELAY_ANSWER + 1], b""]
    {
        let issuer = authority();
        let tls = trusting(&issuer);
        let (enclave, mut other) = duplex(1 << 16);
        let answer = answer.to_vec();
        let server = tokio::spawn(async move {
            let _ = other.write_all(&answer).await;
            let _ = other.shutdown().await;
            let _ = other.read_to_end(&mut Vec::new()).await;
        });
        assert!(tls.tunnel(enclave, HOST).await.is_err());
        server.await.unwrap();
    }
}

#[tokio::test]
async fn t43_t44_the_bytes_sent_are_the_request_s_and_nothing_of_a_proxy_s() {
    let (egressed, sent) = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()).await;
    assert_eq!(body(&egressed), Some(&b"ok"[..]));
    let mut lines: Vec<String> = String::from_utf8(sent).unwrap().lines().map(str::to_ascii_lowercase).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["", "authorization: bearer secret-token", "get /orders?x=1 http/1.1", "host: a.shop.example"]);
}

#[tokio::test]
async fn t43_an_answer_that_is_framed_in_two_ways_is_not_read() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nok",
        "HTTP/1.1 200 OK\r\nx: a\r\n b: folded\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nx : a\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nx\0y: a\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 99 No\r\ncontent-length: 2\r\n\r\nok",
        "not http at all\r\n\r\n",
        "",
    ] {
        let (egressed, _) = answered(answer.as_bytes().to_vec()).await;
        assert_eq!(body(&egressed), None, "{answer:?}");
    }
}

#[tokio::test]
async fn t42_a_secret_across_chunks_arrives_whole_and_trailers_are_refused() {
    let text = "x secret-token y";
    for size in 1..text.len() {
        let chunks: Vec<String> = text
            .as_bytes()
            .chunks(size)
            .map(|part| format!("{:x}\r\n{}\r\n", part.len(), std::str::from_utf8(part).unwrap()))
            .collect();
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunks.concat());
        let (egressed, _) = answered(answer.into_bytes()).await;
        assert_eq!(body(&egressed), Some(text.as_bytes()), "{size}");
    }
    let trailers = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nok\r\n0\r\nx: secret-token\r\n\r\n";
    assert_eq!(body(&answered(trailers.into()).await.0), None);
}

#[tokio::test]
async fn t46_what_is_larger_than_its_bound_is_not_read() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(limits::UPSTREAM_BODY + 1));
    assert_eq!(body(&answered(endless.into_bytes()).await.0), None);
    let exact = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(limits::UPSTREAM_BODY));
    assert_eq!(body(&answered(exact.into_bytes()).await.0).map(<[u8]>::len), Some(limits::UPSTREAM_BODY));
    let claimed = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx";
    assert_eq!(body(&answered(claimed.into()).await.0), None);
    let headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(limits::HEADERS + 1));
    assert_eq!(body(&answered(headers.into_bytes()).await.0), None);
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(4 * super::HEAD));
    assert_eq!(body(&answered(head.into_bytes()).await.0), None);
    // A body that was cut short is none.
    assert_eq!(body(&answered(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok".to_vec()).await.0), None);
}

#[tokio::test(start_paused = true)]
async fn t46_a_platform_that_says_nothing_or_a_byte_at_a_time_has_its_time() {
    for drip in [false, true] {
        // No TLS here: its records would be no slower.
        let (enclave, mut other) = duplex(1 << 10);
        let platform = tokio::spawn(async move {
            let mut head = [0; 8];
            other.read_exact(&mut head).await.unwrap();
            if drip {
                let _ = other.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            }
            while other.write_all(if drip { b"x" } else { b"" }).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if !drip && tokio::time::timeout(Duration::from_millis(1), other.read_u8()).await.is_ok_and(|read| read.is_err())
                {
                    break;
                }
            }
        });
        let before = tokio::time::Instant::now();
        let egressed = exchange(enclave, &request(), || true, || ()).await;
        assert!(matches!(egressed, Egressed::Unknown));
        assert!(before.elapsed() <= super::EXCHANGE + Duration::from_secs(1));
        platform.abort();
    }
}

#[tokio::test]
async fn what_is_too_late_is_not_sent() {
    let (enclave, mut other) = duplex(1 << 10);
    assert!(matches!(exchange(enclave, &request(), || false, || ()).await, Egressed::NotSent));
    let mut sent = Vec::new();
    other.read_to_end(&mut sent).await.unwrap();
    assert_eq!(sent, b"");
}
