//! The CONNECT request, read byte by byte: what follows it is the enclave's TLS.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::Refused;

/// The whole request.
const REQUEST: usize = 1_024;

/// Where the enclave wants to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Reads one request: `CONNECT host:port HTTP/1.1`, then header lines, which mean nothing here, up to an empty line.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Target, Refused> {
    let mut request = Vec::with_capacity(128);
    while !request.ends_with(b"\r\n\r\n") {
        if request.len() == REQUEST {
            return Err(Refused::Malformed);
        }
        request.push(stream.read_u8().await.map_err(|_| Refused::Malformed)?);
    }
    let text = str::from_utf8(&request).map_err(|_| Refused::Malformed)?;
    let mut lines = text.strip_suffix("\r\n\r\n").unwrap_or_default().split("\r\n");
    let target = parse(lines.next().unwrap_or_default())?;
    if lines.all(is_header) { Ok(target) } else { Err(Refused::Malformed) }
}

fn parse(line: &str) -> Result<Target, Refused> {
    let authority = line.strip_prefix("CONNECT ").and_then(|rest| rest.strip_suffix(" HTTP/1.1")).ok_or(Refused::Malformed)?;
    let (host, port) = authority.rsplit_once(':').ok_or(Refused::Malformed)?;
    let plain = |text: &str, allowed: fn(u8) -> bool| !text.is_empty() && text.bytes().all(allowed);
    // Names, and IP addresses to refuse by name. No user, no brackets, no percent, nothing outside ASCII.
    let host_ok = plain(host, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let port_ok = plain(port, |b| b.is_ascii_digit()) && !port.starts_with('0');
    if !host_ok || !port_ok || host.len() > 253 {
        return Err(Refused::Malformed);
    }
    Ok(Target { host: host.to_owned(), port: port.parse().map_err(|_| Refused::Malformed)? })
}

fn is_header(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, value)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
    })
}

/// Whether a host is a name with a dot in it, and not an IP address in any notation: `inet_aton` also takes one to four numbers,
/// decimal, octal or hexadecimal, and so a last label that is a number makes the whole an address (WHATWG URL, "ends in a number").
pub(super) fn is_public_name(host: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let number = |label: &str| {
        label.bytes().all(|b| b.is_ascii_digit())
            || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let Some((_, last)) = host.rsplit_once('.') else { return false };
    host.split('.').all(label) && !number(last) && !matches!(last, "localhost" | "local" | "internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn request(bytes: &[u8]) -> Result<Target, Refused> {
        let mut stream = bytes;
        read(&mut stream).await
    }

    #[tokio::test]
    async fn reads_the_one_form_and_no_byte_more() {
        let expected = Ok(Target { host: "a-1.myshopify.com".to_owned(), port: 443 });
        assert_eq!(request(b"CONNECT a-1.myshopify.com:443 HTTP/1.1\r\n\r\n").await, expected);
        let mut stream = &b"CONNECT a-1.myshopify.com:443 HTTP/1.1\r\nHost: a-1.myshopify.com:443\r\n\r\n\x16\x03"[..];
        assert_eq!(read(&mut stream).await, expected);
        assert_eq!(stream, b"\x16\x03");
    }

    #[tokio::test]
    async fn t43_refuses_every_other_form() {
        for bytes in [
            &b""[..],
            b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"connect a.example:443 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:443 HTTP/1.0\r\n\r\n",
            b"CONNECT  a.example:443 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:443  HTTP/1.1\r\n\r\n",
            b"CONNECT a.example HTTP/1.1\r\n\r\n",
            b"CONNECT a.example: HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:0443 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:0 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:+443 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:65979 HTTP/1.1\r\n\r\n",
            b"CONNECT a.example:443:443 HTTP/1.1\r\n\r\n",
            b"CONNECT user@a.example:443 HTTP/1.1\r\n\r\n",
            b"CONNECT A.example:443 HTTP/1.1\r\n\r\n",
            b"CONNECT a%2eexample:443 HTTP/1.1\r\n\r\n",
            b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n",
            b"CONNECT ::1:443 HTTP/1.1\r\n\r\n",
            b"CONNECT http://a.example:443 HTTP/1.1\r\n\r\n",
            b"CONNECT a.ex\0ample:443 HTTP/1.1\r\n\r\n",
            "CONNECT \u{ff11}\u{ff12}\u{ff17}.0.0.1:443 HTTP/1.1\r\n\r\n".as_bytes(),
            b"CONNECT a.example:443 HTTP/1.1\n\n",
            b"CONNECT a.example:443 HTTP/1.1\r\n folded\r\n\r\n",
            b"CONNECT a.example:443 HTTP/1.1\r\nno colon\r\n\r\n",
            b"CONNECT a.example:443 HTTP/1.1\r\nname : value\r\n\r\n",
            b"CONNECT a.example:443 HTTP/1.1\r\nname: va\nlue\r\n\r\n",
            b"CONNECT a.example:443 HTTP/1.1\r\n",
        ] {
            assert_eq!(request(bytes).await, Err(Refused::Malformed), "{:?}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(request(&[b'a'; 5_000]).await, Err(Refused::Malformed));
        let long = format!("CONNECT {}:443 HTTP/1.1\r\n\r\n", "a.".repeat(127));
        assert_eq!(request(long.as_bytes()).await, Err(Refused::Malformed));
    }

    #[test]
    fn t45_refuses_an_address_in_every_notation() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "0x7f.0x0.0x0.0x1",
            "017700000001",
            "1.2.3.0x4",
            "1.2.3.0x",
            "0",
            "8.8.8.8",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "localhost",
            "metadata",
            "metadata.google.internal",
            "printer.local",
            "a.localhost",
            "a.",
            "a.example.",
            ".a",
            "a..b",
            "-a.b",
            "a-.b",
            "",
            ".",
        ] {
            assert!(!is_public_name(host), "{host}");
        }
        assert!(!is_public_name(&format!("{}.example", "a".repeat(64))));
    }

    #[test]
    fn lets_names_pass() {
        for host in
            ["a.example", "my-shop.myshopify.com", "1.a", "127.0.0.1.example", "xn--bcher-kva.example", "0x7f.com", "a.0xfg"]
        {
            assert!(is_public_name(host), "{host}");
        }
    }
}
