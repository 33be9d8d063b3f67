//! One HTTP request over TLS that ends here: through the host's relay, which is a pipe and sees host name and sizes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use protocol::http::{Request, Response};
use protocol::limits;
use rustls::client::Resumption;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use vault::{Egress, Egressed};

use crate::clock::Clock;
use crate::observer::Point;
use crate::server::Enclave;

#[cfg(test)]
mod tests;

/// Port of every platform.
const PORT: u16 = 443;
/// The relay's answer to CONNECT, at most.
const RELAY_ANSWER: usize = 1_024;
/// Until the platform's certificate is checked.
const CONNECT: Duration = Duration::from_secs(10);
/// From the first byte sent to the last byte received.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Buffer for a response's head.
const HEAD: usize = 64 << 10;

/// The TLS client. Certificates are judged by the enclave's time.
pub(crate) struct Tls(TlsConnector);

#[derive(Debug)]
struct TrustedTime(Clock);

impl TimeProvider for TrustedTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.now_ms())))
    }
}

impl Tls {
    pub(crate) fn new(roots: &Arc<RootCertStore>, clock: Clock) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(TrustedTime(clock)))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_root_certificates(Arc::clone(roots))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would not show the certificate again.
        config.resumption = Resumption::disabled();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Asks the relay for a tunnel, and the platform at its end who it is.
    async fn tunnel<S>(&self, mut stream: S, host: &str) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let request = format!("CONNECT {host}:{PORT} HTTP/1.1\r\nHost: {host}:{PORT}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        // Byte by byte, so that nothing of the tunnel is swallowed.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= RELAY_ANSWER {
                return Err(io::ErrorKind::InvalidData.into());
            }
            head.push(stream.read_u8().await?);
        }
        if !head.starts_with(b"HTTP/1.1 200 ") {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.0.connect(name, stream).await
    }
}

/// Sends it, unless it is too late; tells apart what was certainly not sent.
pub(crate) async fn send(enclave: &Enclave, egress: Egress, at: &impl Fn(Point)) -> Egressed {
    let Egress { request, send_before } = egress;
    let connecting = async {
        let stream = enclave.config.listen.dial_relay().await?;
        at(Point::Dialled);
        enclave.tls.tunnel(stream, &request.authority).await
    };
    let Ok(Ok(stream)) = tokio::time::timeout(CONNECT, connecting).await else { return Egressed::NotSent };
    at(Point::Connected);
    exchange(stream, &request, || enclave.clock.now_ms() < send_before, || at(Point::Headed)).await
}

/// One request and its answer.
async fn exchange<S>(stream: S, request: &Request, in_time: impl FnOnce() -> bool, headed: impl FnOnce()) -> Egressed
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http1::Builder::new().max_headers(limits::HEADERS).max_buf_size(HEAD).handshake(TokioIo::new(stream)).await;
    let Ok((mut sender, connection)) = handshake else { return Egressed::NotSent };
    let Some(message) = message(request) else { return Egressed::NotSent };
    if !in_time() {
        return Egressed::NotSent;
    }
    let connection = tokio::spawn(connection);
    let exchange = tokio::time::timeout(EXCHANGE, async {
        let response = sender.send_request(message).await.map_err(|_| ())?;
        headed();
        read(response).await
    })
    .await;
    connection.abort();
    match exchange {
        Ok(Ok(response)) => Egressed::Response(response),
        Ok(Err(())) | Err(_) => Egressed::Unknown,
    }
}

fn message(request: &Request) -> Option<hyper::Request<Full<Bytes>>> {
    let mut builder = hyper::Request::builder().method(request.method.as_str()).uri(&request.path);
    if request.header("host").is_none() {
        builder = builder.header("host", &request.authority);
    }
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_bytes(value).ok()?;
        value.set_sensitive(true);
        builder = builder.header(name.as_str(), value);
    }
    builder.body(Full::new(Bytes::copy_from_slice(&request.body))).ok()
}

async fn read(response: hyper::Response<hyper::body::Incoming>) -> Result<Response, ()> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, limits::UPSTREAM_BODY).collect().await.map_err(|_| ())?;
    if body.trailers().is_some() {
        return Err(());
    }
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    Ok(Response { status: head.status.as_u16(), headers, body: body.to_bytes().to_vec() })
}
