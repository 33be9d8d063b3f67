//! The ledger, read and written with the root key that the shares make.

use protocol::custody::open_as_member;
use protocol::ledger::{Body, Leaf, Salted, SealedEntry};
use protocol::{cbor, limits, tlog};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::World;

impl World {
    fn keys(&self) -> credential::Keys {
        let vault_id = self.vault_id();
        let share = open_as_member(&self.member(), &self.shares[0], &vault_id).unwrap();
        credential::Keys::derive(&credential::RootKey::from_share(share), &vault_id).unwrap()
    }

    /// What the ledger's entries say.
    pub(crate) fn bodies(&self) -> Vec<Body> {
        let keys = self.keys();
        let mut log = tlog::Frontier::default();
        let open = |entry: &SealedEntry| {
            let plain = credential::open_ledger(&keys, log.size(), &log.root(), &entry.sealed).unwrap();
            log.append(tlog::leaf_hash(&entry.leaf), |_, _, _| {});
            let salted: Salted = cbor::decode(&plain, limits::LEDGER_BODY).unwrap();
            cbor::decode(&salted.body, limits::LEDGER_BODY).unwrap()
        };
        self.entries.iter().map(open).collect()
    }

    /// Writes an entry as an earlier image would have, which no image of these tests writes.
    pub(crate) fn write_as_an_earlier_image(&mut self, body: &Body) {
        let salted = Salted { salt: [7; 32].into(), body: cbor::encode(body).into() };
        let leaf = Leaf {
            version: protocol::ledger::VERSION,
            kind: body.kind(),
            minute: self.now / 60_000,
            commitment: protocol::ledger::commitment(&salted.salt, &salted.body).into(),
        };
        let mut log = tlog::Frontier::default();
        for entry in &self.entries {
            log.append(tlog::leaf_hash(&entry.leaf), |_, _, _| {});
        }
        let (keys, mut rng) = (self.keys(), ChaCha20Rng::from_seed(self.entropy()));
        let sealed = credential::seal_ledger(&keys, log.size(), &log.root(), &cbor::encode(&salted), &mut rng).unwrap();
        self.entries.push(SealedEntry { leaf: cbor::encode(&leaf).into(), sealed: sealed.into() });
    }
}
