use super::{AdvanceError, Advanced, BeaconHead, BootstrapError, Conflict, LightClient, Message, Wants};
use crate::{AcceptedCheckpoint, Mainnet, Minimal, Network, PresetName};

/// A light client of whichever preset its network has.
#[derive(Debug)]
pub enum AnyLightClient {
    /// 512 members.
    Mainnet(LightClient<Mainnet>),
    /// 32 members.
    Minimal(LightClient<Minimal>),
}

impl AnyLightClient {
    /// As [`LightClient::bootstrap`], with the network's preset.
    ///
    /// # Errors
    /// As [`LightClient::bootstrap`].
    pub fn bootstrap(network: Network, checkpoint: AcceptedCheckpoint, ssz: &[u8]) -> Result<Self, BootstrapError> {
        match network.preset() {
            PresetName::Mainnet => LightClient::bootstrap(network, checkpoint, ssz).map(Self::Mainnet),
            PresetName::Minimal => LightClient::bootstrap(network, checkpoint, ssz).map(Self::Minimal),
        }
    }

    /// As [`LightClient::advance`].
    ///
    /// # Errors
    /// As [`LightClient::advance`].
    pub fn advance(&mut self, message: Message<'_>, now: u64) -> Result<Advanced, AdvanceError> {
        match self {
            Self::Mainnet(client) => client.advance(message, now),
            Self::Minimal(client) => client.advance(message, now),
        }
    }

    /// As [`LightClient::wants`].
    #[must_use]
    pub fn wants(&self, now: u64) -> Wants {
        match self {
            Self::Mainnet(client) => client.wants(now),
            Self::Minimal(client) => client.wants(now),
        }
    }

    /// As [`LightClient::finalized`].
    #[must_use]
    pub const fn finalized(&self) -> Option<BeaconHead> {
        match self {
            Self::Mainnet(client) => client.finalized(),
            Self::Minimal(client) => client.finalized(),
        }
    }

    /// As [`LightClient::attested`].
    #[must_use]
    pub const fn attested(&self) -> Option<BeaconHead> {
        match self {
            Self::Mainnet(client) => client.attested(),
            Self::Minimal(client) => client.attested(),
        }
    }

    /// As [`LightClient::conflict`].
    #[must_use]
    pub const fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Mainnet(client) => client.conflict(),
            Self::Minimal(client) => client.conflict(),
        }
    }

    /// The network that it follows.
    #[must_use]
    pub const fn network(&self) -> &Network {
        match self {
            Self::Mainnet(client) => client.network(),
            Self::Minimal(client) => client.network(),
        }
    }
}
