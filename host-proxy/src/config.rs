//! What the operator typed. No environment variable is read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::Url;

/// The options of `pst-vault-host`.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    name = "pst-vault-host",
    version,
    about = "Relays calls to a vault's enclave, feeds it chain data, stores its sealed records and ledger, and carries its egress.",
    long_about = "Relays calls to a vault's enclave, feeds it chain data, stores its sealed records and ledger, and carries its egress.\n\n\
        It is not trusted: the enclave checks everything it says, and it never sees a credential. It reads no environment variable.",
    after_help = "Example (an enclave on this machine, CID 16):\n  \
        pst-vault-host --enclave vsock:16:5000 --data-dir /var/lib/pst-vault \\\n    \
        --beacon http://127.0.0.1:5052 --execution http://127.0.0.1:8545 \\\n    \
        --constitution constitution.cbor --checkpoint checkpoint.cbor\n\n\
        GET /readyz says in words what the vault is waiting for; GET /openapi.json describes the API.\n\
        The operator's routes (/v1/genesis, /v1/unlock, /v1/checkpoint, /v1/anchor) are on the same address: the enclave checks\n\
        what they carry, but anyone who reaches them can try. SIGTERM finishes what is under way, for at most 10 seconds."
)]
pub struct Config {
    /// Address of the HTTP API
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The enclave: `vsock:<cid>:<port>`, or `unix:<path>:<port>` for a socket that speaks Firecracker's hybrid vsock
    #[arg(long, value_name = "ADDRESS")]
    pub enclave: EnclaveAddress,
    /// Port on which the enclave dials the egress relay; with a Unix socket the relay listens at `<path>_<port>`
    #[arg(long, value_name = "PORT", default_value_t = 5001)]
    pub relay_port: u32,
    /// Directory of the record and ledger store; made if absent
    #[arg(long, value_name = "DIRECTORY")]
    pub data_dir: PathBuf,
    /// Beacon node with the light-client API, 8 at most; repeat for more: what they serve is compared, one that serves is enough
    #[arg(long, value_name = "URL", required = true)]
    pub beacon: Vec<Url>,
    /// Execution node with `eth_getProof` and `eth_getCode`, 8 at most; repeat for more: what one lacks, the next is asked for
    #[arg(long, value_name = "URL", required = true)]
    pub execution: Vec<Url>,
    /// Milliseconds that one request to one of these nodes may take
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub node_timeout_ms: u64,
    /// File with the constitution (canonical CBOR)
    #[arg(long, value_name = "FILE")]
    pub constitution: PathBuf,
    /// File with the settings (canonical CBOR); without it the compiled-in bounds apply
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// File with a signed checkpoint (canonical CBOR), given to the enclave when it waits for one; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// `host:port=address:port`: the relay sends exactly this host and port to exactly this address, which may be private; repeatable
    #[arg(long = "map", value_name = "HOST:PORT=ADDRESS:PORT")]
    pub relay_map: Vec<Mapping>,
    /// Milliseconds between ticks: one slot or less
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub tick_ms: u64,
    /// What to log, to stderr: a level, or `target=level` pairs
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
}

/// Where the enclave listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnclaveAddress {
    /// `AF_VSOCK`.
    Vsock {
        /// The enclave's context id.
        cid: u32,
        /// Port.
        port: u32,
    },
    /// A Unix socket behind which a vsock is multiplexed (`CONNECT <port>`).
    Unix {
        /// The socket.
        path: PathBuf,
        /// Port.
        port: u32,
    },
}

/// Why an address on the command line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an enclave address.
    #[error("expected vsock:<cid>:<port> or unix:<path>:<port>")]
    Enclave,
    /// Not a mapping.
    #[error("expected <host>:<port>=<address>:<port>")]
    Mapping,
}

impl FromStr for EnclaveAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (kind, rest) = text.split_once(':').ok_or(AddressError::Enclave)?;
        let (place, port) = rest.rsplit_once(':').ok_or(AddressError::Enclave)?;
        let port = port.parse().map_err(|_| AddressError::Enclave)?;
        match kind {
            "vsock" => Ok(Self::Vsock { cid: place.parse().map_err(|_| AddressError::Enclave)?, port }),
            "unix" if !place.is_empty() => Ok(Self::Unix { path: place.into(), port }),
            _ => Err(AddressError::Enclave),
        }
    }
}

/// One destination that the operator redirects by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Host, exactly as the enclave names it.
    pub host: String,
    /// Port, as the enclave names it.
    pub port: u16,
    /// Where to connect instead of resolving.
    pub address: SocketAddr,
}

impl FromStr for Mapping {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (target, address) = text.split_once('=').ok_or(AddressError::Mapping)?;
        let (host, port) = target.rsplit_once(':').ok_or(AddressError::Mapping)?;
        if host.is_empty() {
            return Err(AddressError::Mapping);
        }
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().map_err(|_| AddressError::Mapping)?,
            address: address.parse().map_err(|_| AddressError::Mapping)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn reads_both_enclave_addresses() {
        assert_eq!("vsock:16:5000".parse(), Ok(EnclaveAddress::Vsock { cid: 16, port: 5000 }));
        assert_eq!("unix:/run/a:b.sock:52".parse(), Ok(EnclaveAddress::Unix { path: "/run/a:b.sock".into(), port: 52 }));
    }

    #[test]
    fn refuses_other_enclave_addresses() {
        for text in ["", "vsock", "vsock:16", "vsock:x:1", "vsock:16:x", "unix::5", "tcp:1:2", "unix:/a:99999999999"] {
            assert_eq!(text.parse::<EnclaveAddress>(), Err(AddressError::Enclave), "{text}");
        }
    }

    #[test]
    fn reads_a_mapping() {
        let mapping: Mapping = "shop.example:443=127.0.0.1:9443".parse().unwrap();
        assert_eq!((mapping.host.as_str(), mapping.port, mapping.address.port()), ("shop.example", 443, 9443));
        for text in ["", "a=b", "a:1=b:2", ":1=127.0.0.1:2", "a:1", "a:x=127.0.0.1:2"] {
            assert_eq!(text.parse::<Mapping>(), Err(AddressError::Mapping), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Config::command().debug_assert();
        let config = Config::try_parse_from([
            "pst-vault-host",
            "--enclave",
            "unix:/e.sock:5000",
            "--data-dir",
            "/d",
            "--beacon",
            "http://127.0.0.1:1",
            "--execution",
            "http://127.0.0.1:2",
            "--constitution",
            "/c",
            "--map",
            "a.example:443=127.0.0.1:9",
        ])
        .unwrap();
        assert_eq!((config.tick_ms, config.relay_port, config.relay_map.len()), (4_000, 5001, 1));
    }
}
