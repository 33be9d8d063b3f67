use tokio::io::{AsyncReadExt, duplex};
use tokio::net::TcpListener;

use super::*;

fn relay(map: &[&str]) -> Arc<Relay> {
    let map = map.iter().map(|mapping| mapping.parse().unwrap()).collect();
    Arc::new(Relay::new(map, Hooks::default(), Arc::new(Metrics::default())))
}

async fn answer(relay: &Arc<Relay>, target: &str) -> String {
    let (mut enclave, host) = duplex(4_096);
    let relay = Arc::clone(relay);
    tokio::spawn(async move { relay.connection(host).await });
    enclave.write_all(format!("CONNECT {target} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    enclave.shutdown().await.unwrap();
    let mut answer = String::new();
    enclave.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn t45_refuses_addresses_private_names_and_other_ports() {
    let relay = relay(&[]);
    for target in [
        "127.0.0.1:443",
        "127.1:443",
        "2130706433:443",
        "0x7f000001:443",
        "0177.0.0.1:443",
        "8.8.8.8:443",
        "localhost:443",
        "metadata.google.internal:443",
        "169.254.169.254:80",
        "a.example:80",
        "a.example:22",
        "a.example:8443",
        "a.example:444",
    ] {
        assert!(answer(&relay, target).await.starts_with("HTTP/1.1 403 "), "{target}");
    }
    assert!(answer(&relay, "[::1]:443").await.starts_with("HTTP/1.1 400 "));
    assert!(relay.metrics.text(&[]).contains("relay_connections_total{outcome=\"name_refused\"} 13"));
}

#[test]
fn t45_dials_only_public_ones_of_the_addresses_that_a_name_has() {
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let (private, public) = (at("10.0.0.1:443"), at("1.1.1.1:443"));
    assert_eq!(screen([private, public].into_iter()), Ok(vec![public]));
    for lie in ["169.254.169.254:443", "[::ffff:169.254.169.254]:443", "[64:ff9b::a9fe:a9fe]:443", "[2002:a9fe:a9fe::]:443"] {
        assert_eq!(screen([at(lie)].into_iter()), Err(Refused::Address), "{lie}");
    }
    assert_eq!(screen([].into_iter()), Err(Refused::Unresolved));
}

#[tokio::test]
async fn t45_a_mapping_opens_exactly_what_the_operator_typed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"platform").await.unwrap();
        }
    });
    let relay = relay(&[&format!("shop.example:443=127.0.0.1:{port}"), &format!("127.0.0.1:{port}=127.0.0.1:{port}")]);
    assert_eq!(answer(&relay, "shop.example:443").await, "HTTP/1.1 200 OK\r\n\r\nplatform");
    assert_eq!(answer(&relay, &format!("127.0.0.1:{port}")).await, "HTTP/1.1 200 OK\r\n\r\nplatform");
    for near in [format!("shop.example:{port}"), "127.0.0.1:443".to_owned()] {
        assert!(answer(&relay, &near).await.starts_with("HTTP/1.1 403 "), "{near}");
    }
}

#[tokio::test]
async fn says_so_when_nobody_answers() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let relay = relay(&[&format!("shop.example:443={free}")]);
    assert!(answer(&relay, "shop.example:443").await.starts_with("HTTP/1.1 502 "));
}
