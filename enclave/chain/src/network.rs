use alloc::vec;
use alloc::vec::Vec;

use crate::merkle;
use crate::{Layout, PresetName, Slot};

/// Everything that tells one beacon chain from another: its identity, its clock and its fork schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    genesis_validators_root: [u8; 32],
    genesis_time: u64,
    seconds_per_slot: u64,
    preset: PresetName,
    /// Ascending by epoch.
    forks: Vec<(Layout, [u8; 4], u64)>,
    /// First epoch of a fork that is not understood here.
    ends: Option<u64>,
}

/// A network that is not compiled in.
#[derive(Clone, Debug)]
pub struct CustomNetwork {
    /// Root of the genesis validators.
    pub genesis_validators_root: [u8; 32],
    /// Unix seconds.
    pub genesis_time: u64,
    /// 1 to 60.
    pub seconds_per_slot: u64,
    /// Its sizes.
    pub preset: PresetName,
    /// Layout, `current_version` and first epoch of every fork, in order, from epoch 0 on. Several may start at epoch 0:
    /// the last of them holds.
    pub forks: Vec<(Layout, [u8; 4], u64)>,
    /// First epoch of a fork that is scheduled after them and not understood here. Nothing is accepted from it on.
    pub ends: Option<u64>,
}

/// Why a custom network was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It has the genesis validators root of a network that is compiled in.
    #[error("custom network reuses a known genesis validators root")]
    KnownRoot,
    /// Seconds per slot out of range.
    #[error("seconds per slot must be 1 to 60")]
    SlotTime,
    /// The schedule is empty or its first fork is not at epoch 0.
    #[error("fork schedule does not start at epoch 0")]
    NoGenesisFork,
    /// Layouts must ascend, epochs must not descend.
    #[error("fork schedule is not in order")]
    ForkOrder,
}

impl Network {
    /// Ethereum mainnet.
    #[must_use]
    pub fn mainnet() -> Self {
        Self {
            genesis_validators_root: MAINNET_ROOT,
            genesis_time: 1_606_824_023,
            seconds_per_slot: 12,
            preset: PresetName::Mainnet,
            forks: vec![
                (Layout::Altair, [1, 0, 0, 0], 74_240),
                (Layout::Bellatrix, [2, 0, 0, 0], 144_896),
                (Layout::Capella, [3, 0, 0, 0], 194_048),
                (Layout::Deneb, [4, 0, 0, 0], 269_568),
                (Layout::Electra, [5, 0, 0, 0], 364_032),
                (Layout::Fulu, [6, 0, 0, 0], 411_392),
            ],
            ends: None,
        }
    }

    /// The Sepolia test network.
    #[must_use]
    pub fn sepolia() -> Self {
        Self {
            genesis_validators_root: SEPOLIA_ROOT,
            genesis_time: 1_655_733_600,
            seconds_per_slot: 12,
            preset: PresetName::Mainnet,
            forks: vec![
                (Layout::Altair, [0x90, 0, 0, 0x70], 50),
                (Layout::Bellatrix, [0x90, 0, 0, 0x71], 100),
                (Layout::Capella, [0x90, 0, 0, 0x72], 56_832),
                (Layout::Deneb, [0x90, 0, 0, 0x73], 132_608),
                (Layout::Electra, [0x90, 0, 0, 0x74], 222_464),
                (Layout::Fulu, [0x90, 0, 0, 0x75], 272_640),
            ],
            ends: None,
        }
    }

    /// The Hoodi test network.
    #[must_use]
    pub fn hoodi() -> Self {
        Self {
            genesis_validators_root: HOODI_ROOT,
            genesis_time: 1_742_213_400,
            seconds_per_slot: 12,
            preset: PresetName::Mainnet,
            forks: vec![
                (Layout::Altair, [0x20, 0, 0x09, 0x10], 0),
                (Layout::Bellatrix, [0x30, 0, 0x09, 0x10], 0),
                (Layout::Capella, [0x40, 0, 0x09, 0x10], 0),
                (Layout::Deneb, [0x50, 0, 0x09, 0x10], 0),
                (Layout::Electra, [0x60, 0, 0x09, 0x10], 2_048),
                (Layout::Fulu, [0x70, 0, 0x09, 0x10], 50_688),
            ],
            ends: None,
        }
    }

    /// The compiled-in network with this EIP-155 chain id.
    #[must_use]
    pub fn known(chain_id: u64) -> Option<Self> {
        match chain_id {
            1 => Some(Self::mainnet()),
            11_155_111 => Some(Self::sepolia()),
            560_048 => Some(Self::hoodi()),
            _ => None,
        }
    }

    /// A network that is not compiled in.
    ///
    /// # Errors
    /// When it passes for a known network or can't be a schedule.
    pub fn custom(network: CustomNetwork) -> Result<Self, NetworkError> {
        let CustomNetwork { genesis_validators_root, genesis_time, seconds_per_slot, preset, forks, ends } = network;
        if [MAINNET_ROOT, SEPOLIA_ROOT, HOODI_ROOT].contains(&genesis_validators_root) {
            return Err(NetworkError::KnownRoot);
        }
        if !(1..=60).contains(&seconds_per_slot) {
            return Err(NetworkError::SlotTime);
        }
        if forks.first().is_none_or(|(_, _, epoch)| *epoch != 0) {
            return Err(NetworkError::NoGenesisFork);
        }
        let ordered = forks.iter().zip(forks.iter().skip(1)).all(|(a, b)| a.0 < b.0 && a.2 <= b.2);
        let last = forks.last().map_or(0, |(_, _, epoch)| *epoch);
        if !ordered || ends.is_some_and(|end| end < last) {
            return Err(NetworkError::ForkOrder);
        }
        Ok(Self { genesis_validators_root, genesis_time, seconds_per_slot, preset, forks, ends })
    }

    /// Its sizes.
    #[must_use]
    pub const fn preset(&self) -> PresetName {
        self.preset
    }

    /// The slot in progress at `now` (unix seconds), or `None` before genesis.
    #[must_use]
    pub const fn slot_at(&self, now: u64) -> Option<Slot> {
        match now.checked_sub(self.genesis_time) {
            Some(elapsed) => match elapsed.checked_div(self.seconds_per_slot) {
                Some(slot) => Some(Slot(slot)),
                None => None,
            },
            None => None,
        }
    }

    /// When a slot begins, in unix seconds.
    #[must_use]
    pub const fn time_of(&self, slot: Slot) -> u64 {
        slot.0.saturating_mul(self.seconds_per_slot).saturating_add(self.genesis_time)
    }

    /// Layout, `current_version` and first epoch of every fork that is understood here, in order.
    #[must_use]
    pub fn forks(&self) -> &[(Layout, [u8; 4], u64)] {
        &self.forks
    }

    /// Unix seconds of slot 0.
    #[must_use]
    pub const fn genesis_time(&self) -> u64 {
        self.genesis_time
    }

    /// Seconds in an epoch.
    #[must_use]
    pub const fn seconds_per_epoch(&self) -> u64 {
        self.seconds_per_slot.saturating_mul(self.preset.slots_per_epoch())
    }

    /// When an epoch begins, in unix seconds.
    #[must_use]
    pub const fn time_of_epoch(&self, epoch: u64) -> u64 {
        self.time_of(Slot(epoch.saturating_mul(self.preset.slots_per_epoch())))
    }

    /// When a fork begins that is not understood here, in unix seconds, as far as the schedule says: from then on everything is refused.
    #[must_use]
    pub fn schedule_ends(&self) -> Option<u64> {
        self.ends.map(|epoch| self.time_of_epoch(epoch))
    }

    /// Layout of the objects whose header is at `slot`. `None` before the first fork of the schedule and after its end.
    #[must_use]
    pub fn layout_at(&self, slot: Slot) -> Option<Layout> {
        self.fork_at(slot).map(|(layout, _)| layout)
    }

    fn fork_at(&self, slot: Slot) -> Option<(Layout, [u8; 4])> {
        let epoch = slot.0.checked_div(self.preset.slots_per_epoch()).unwrap_or(0);
        if self.ends.is_some_and(|end| end <= epoch) {
            return None;
        }
        self.forks.iter().rev().find(|(_, _, first)| *first <= epoch).map(|(layout, version, _)| (*layout, *version))
    }

    /// The domain of a sync-committee signature: consensus-specs `compute_domain` with `DOMAIN_SYNC_COMMITTEE` and the
    /// fork version of the slot *before* the signature.
    pub(crate) fn sync_committee_domain(&self, signature_slot: Slot) -> Option<[u8; 32]> {
        let (_, version) = self.fork_at(Slot(signature_slot.0.saturating_sub(1)))?;
        let mut padded = [0; 32];
        padded.first_chunk_mut::<4>()?.copy_from_slice(&version);
        let fork_data_root = merkle::pair(&padded, &self.genesis_validators_root);
        let mut domain = [0; 32];
        let (kind, rest) = domain.split_first_chunk_mut::<4>()?;
        kind.copy_from_slice(&[7, 0, 0, 0]);
        rest.copy_from_slice(fork_data_root.first_chunk::<28>()?);
        Some(domain)
    }
}

const MAINNET_ROOT: [u8; 32] = [
    0x4b, 0x36, 0x3d, 0xb9, 0x4e, 0x28, 0x61, 0x20, 0xd7, 0x6e, 0xb9, 0x05, 0x34, 0x0f, 0xdd, 0x4e, 0x54, 0xbf, 0xe9, 0xf0, 0x6b,
    0xf3, 0x3f, 0xf6, 0xcf, 0x5a, 0xd2, 0x7f, 0x51, 0x1b, 0xfe, 0x95,
];
const SEPOLIA_ROOT: [u8; 32] = [
    0xd8, 0xea, 0x17, 0x1f, 0x3c, 0x94, 0xae, 0xa2, 0x1e, 0xbc, 0x42, 0xa1, 0xed, 0x61, 0x05, 0x2a, 0xcf, 0x3f, 0x92, 0x09, 0xc0,
    0x0e, 0x4e, 0xfb, 0xaa, 0xdd, 0xac, 0x09, 0xed, 0x9b, 0x80, 0x78,
];
const HOODI_ROOT: [u8; 32] = [
    0x21, 0x2f, 0x13, 0xfc, 0x4d, 0xf0, 0x78, 0xb6, 0xcb, 0x7d, 0xb2, 0x28, 0xf1, 0xc8, 0x30, 0x75, 0x66, 0xdc, 0xec, 0xf9, 0x00,
    0x86, 0x74, 0x01, 0xa9, 0x20, 0x23, 0xd7, 0xba, 0x99, 0xcb, 0x5f,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn custom() -> CustomNetwork {
        CustomNetwork {
            genesis_validators_root: [9; 32],
            genesis_time: 100,
            seconds_per_slot: 2,
            preset: PresetName::Mainnet,
            forks: vec![(Layout::Electra, [5, 0, 0, 9], 0), (Layout::Fulu, [6, 0, 0, 9], 3)],
            ends: None,
        }
    }

    #[test]
    fn counts_slots_from_genesis() {
        let network = Network::custom(custom()).unwrap();
        assert_eq!(network.slot_at(99), None);
        assert_eq!(network.slot_at(103), Some(Slot(1)));
        assert_eq!(network.time_of(Slot(1)), 102);
        assert_eq!(network.time_of(Slot(u64::MAX)), u64::MAX);
    }

    #[test]
    fn a_custom_network_may_start_at_fulu() {
        let forks = vec![(Layout::Fulu, [6, 0, 0, 9], 0)];
        let network = Network::custom(CustomNetwork { forks, ..custom() }).unwrap();
        assert_eq!(network.layout_at(Slot(0)), Some(Layout::Fulu));
    }

    #[test]
    fn the_last_of_several_forks_at_one_epoch_holds() {
        let forks = vec![(Layout::Altair, [1; 4], 0), (Layout::Electra, [5; 4], 0), (Layout::Fulu, [6; 4], 2)];
        let network = Network::custom(CustomNetwork { forks, ..custom() }).unwrap();
        assert_eq!(network.layout_at(Slot(63)), Some(Layout::Electra));
        assert_eq!(network.layout_at(Slot(64)), Some(Layout::Fulu));
    }

    #[test]
    fn refuses_a_custom_network_field_by_field() {
        let electra = (Layout::Electra, [5; 4], 0);
        let cases = [
            (CustomNetwork { genesis_validators_root: HOODI_ROOT, ..custom() }, NetworkError::KnownRoot),
            (CustomNetwork { seconds_per_slot: 0, ..custom() }, NetworkError::SlotTime),
            (CustomNetwork { seconds_per_slot: 61, ..custom() }, NetworkError::SlotTime),
            (CustomNetwork { forks: vec![], ..custom() }, NetworkError::NoGenesisFork),
            (CustomNetwork { forks: vec![(Layout::Fulu, [6; 4], 1)], ..custom() }, NetworkError::NoGenesisFork),
            (CustomNetwork { forks: vec![electra, (Layout::Deneb, [4; 4], 1)], ..custom() }, NetworkError::ForkOrder),
            (
                CustomNetwork { forks: vec![electra, (Layout::Fulu, [6; 4], 5), (Layout::Gloas, [7; 4], 4)], ..custom() },
                NetworkError::ForkOrder,
            ),
        ];
        for (network, expected) in cases {
            assert_eq!(Network::custom(network).unwrap_err(), expected);
        }
    }

    #[test]
    fn knows_three_networks_and_their_forks() {
        assert_eq!(Network::known(5), None);
        let mainnet = Network::known(1).unwrap();
        assert_eq!(mainnet.layout_at(Slot(11_649_023)), Some(Layout::Deneb));
        assert_eq!(mainnet.layout_at(Slot(11_649_024)), Some(Layout::Electra));
        assert_eq!(mainnet.layout_at(Slot(13_164_544)), Some(Layout::Fulu));
        assert_eq!(mainnet.layout_at(Slot(0)), None);
        assert!(Network::known(11_155_111).is_some() && Network::known(560_048).is_some());
    }

    #[test]
    fn the_domain_is_that_of_the_slot_before_the_signature() {
        let network = Network::custom(custom()).unwrap();
        let first_fulu = Slot(3 * 32);
        assert_eq!(network.sync_committee_domain(first_fulu), network.sync_committee_domain(Slot(1)));
        assert_ne!(network.sync_committee_domain(first_fulu), network.sync_committee_domain(Slot(first_fulu.0 + 1)));
        assert_eq!(network.sync_committee_domain(Slot(0)), network.sync_committee_domain(Slot(1)));
    }

    #[test]
    fn epochs_are_as_long_as_the_preset_says() {
        let network = Network::custom(CustomNetwork { preset: PresetName::Minimal, ..custom() }).unwrap();
        assert_eq!(network.layout_at(Slot(23)), Some(Layout::Electra));
        assert_eq!(network.layout_at(Slot(24)), Some(Layout::Fulu));
    }

    #[test]
    fn t75_a_schedule_ends_where_a_fork_begins_that_is_not_understood() {
        assert_eq!(Network::mainnet().schedule_ends(), None);
        let network = Network::custom(CustomNetwork { ends: Some(7), ..custom() }).unwrap();
        assert_eq!(network.schedule_ends(), Some(100 + 7 * 32 * 2));
        assert_eq!(network.layout_at(Slot(7 * 32 - 1)), Some(Layout::Fulu));
        assert_eq!(network.layout_at(Slot(7 * 32)), None);
        assert!(network.sync_committee_domain(Slot(7 * 32)).is_some());
        assert_eq!(network.sync_committee_domain(Slot(7 * 32 + 1)), None);
        let early = Network::custom(CustomNetwork { ends: Some(2), ..custom() });
        assert_eq!(early, Err(NetworkError::ForkOrder));
    }
}
