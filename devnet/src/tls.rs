//! The certificate authority of everything here that speaks TLS, and the handshake.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::Acceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// A handshake, at most.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(crate) struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    good: Arc<ServerConfig>,
    /// For the same names, of an authority that nobody trusts.
    bad: Arc<ServerConfig>,
}

impl Authority {
    /// Reads `ca.pem` and `ca-key.pem`, or makes them; with certificates for these names.
    pub(crate) fn open(directory: &Path, names: &[String]) -> Result<Self> {
        let (certificate, key) = (directory.join("ca.pem"), directory.join("ca-key.pem"));
        if !key.exists() {
            fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
            let pair = KeyPair::generate()?;
            fs::write(&certificate, authority("devnet storefront CA").self_signed(&pair)?.pem())?;
            fs::write(&key, pair.serialize_pem())?;
        }
        let pem = fs::read_to_string(&certificate).with_context(|| format!("read {}", certificate.display()))?;
        let pair = fs::read_to_string(&key).with_context(|| format!("read {}", key.display()))?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).context("ca.pem")?;
        let good = server(&Issuer::new(authority("devnet storefront CA"), KeyPair::from_pem(&pair)?), names)?;
        let bad = server(&Issuer::new(authority("devnet storefront CA"), KeyPair::generate()?), names)?;
        Ok(Self { pem, der, good, bad })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn good(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.good)
    }

    pub(crate) fn bad(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.bad)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn server(issuer: &Issuer<'_, KeyPair>, names: &[String]) -> Result<Arc<ServerConfig>> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "devnet");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let pair = KeyPair::generate()?;
    let certificate = params.signed_by(&pair, issuer)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Connections whose handshake is done. Handshakes run beside each other, so that a slow one stops nobody.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// `choose` says by the name that a client asks for what it is shown; none: the connection ends.
    pub(crate) fn new(
        listener: TcpListener,
        choose: impl Fn(&str) -> Option<Arc<ServerConfig>> + Clone + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(16);
        tokio::spawn(async move {
            while !done.is_closed() {
                let Ok((stream, peer)) = listener.accept().await else { continue };
                // As platforms do: else a session ticket holds the answer back until it is acknowledged, 40 ms later.
                let _ = stream.set_nodelay(true);
                let (done, choose) = (done.clone(), choose.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, handshake(stream, choose)).await {
                        let _ = done.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

async fn handshake(stream: TcpStream, choose: impl Fn(&str) -> Option<Arc<ServerConfig>>) -> io::Result<TlsStream<TcpStream>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let config = choose(start.client_hello().server_name().unwrap_or_default());
    start.into_stream(config.ok_or(io::ErrorKind::ConnectionAborted)?).await
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
