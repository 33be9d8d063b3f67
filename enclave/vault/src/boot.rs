//! From nothing to a root key: constitution, checkpoint, genesis, shares; and the documents that say how far it is.

use chain::{CustomNetwork, Layout, Network, PresetName};
use credential::{Keys, RootKey};
use protocol::attested::{self, Checkpoint, Genesis, Setup, SignedCheckpoint, UserData};
use protocol::constitution::{Constitution, Custody, Fork, NetworkSpec, Settings};
use protocol::custody::{self, GenesisOutput, ShareContext, ShareMessage};
use protocol::message::{Answer, Problem};
use protocol::{anchor, cbor, limits};
use std::sync::Arc;

use alloy_primitives::{Address, B256};

use crate::conversation::{Io, Stop};
use crate::state::{Configured, Shared};

/// Shares are dealt once, at genesis.
const CUSTODY_EPOCH: u64 = 1;

/// Reads constitution and settings, and has them measured. Once per boot.
pub(crate) async fn configure(io: &Io, shared: &Shared, constitution: &[u8], settings: &[u8]) -> Result<Answer, Stop> {
    let refused = Stop(Problem::Constitution);
    let constitution = Constitution::read(constitution).map_err(|_| refused)?;
    let settings = Settings::read(settings).map_err(|_| refused)?;
    let network = network(&constitution.network).ok_or(refused)?;
    // An image whose presets are not sound would name nothing, or sign nothing: it does not start.
    platform::tables().map_err(|_| refused)?;
    platform::check_presets().map_err(|_| refused)?;
    let (digest, settings_digest) = (constitution.digest(), settings.digest());
    let vault_id = constitution.vault_id();
    {
        let mut state = shared.state();
        if state.configured.is_some() || state.configuring {
            return Err(Stop(Problem::Phase));
        }
        state.configuring = true;
    }
    // A register that was extended once can't be extended the same way again, so a failure here is the end of this boot.
    io.measure(digest.0, settings_digest.0).await?;
    shared.state().configured = Some(Arc::new(Configured { constitution, settings, vault_id, network }));
    Ok(Answer::Done)
}

fn network(spec: &NetworkSpec) -> Option<Network> {
    match spec {
        NetworkSpec::Known { chain_id } => Network::known(*chain_id),
        NetworkSpec::Custom { chain_id: _, genesis_validators_root, genesis_time, seconds_per_slot, forks, preset } => {
            // From a fork on that this version does not know, nothing is accepted; a later version of the image may know it.
            let known = |fork: &Fork| Layout::try_from(fork.layout).ok();
            let ends = forks.iter().find(|fork| known(fork).is_none()).map(|fork| fork.epoch);
            let forks = forks.iter().map_while(|fork| Some((known(fork)?, fork.version, fork.epoch))).collect();
            Network::custom(CustomNetwork {
                genesis_validators_root: *genesis_validators_root,
                genesis_time: *genesis_time,
                seconds_per_slot: *seconds_per_slot,
                preset: PresetName::try_from(*preset).ok()?,
                forks,
                ends,
            })
            .ok()
        }
    }
}

/// Takes a checkpoint that enough of the constitution's signers signed within the last 14 days. A newer one may replace it until the
/// light client has started.
pub(crate) fn checkpoint(io: &Io, shared: &Shared, signed: &[u8]) -> Result<Answer, Stop> {
    let refused = Stop(Problem::Checkpoint);
    let mut state = shared.state();
    let configured = state.configured()?;
    if state.light.is_some() {
        return Err(Stop(Problem::Phase));
    }
    let signed: SignedCheckpoint = cbor::decode(signed, limits::SETTINGS).map_err(|_| refused)?;
    let now = io.now().checked_div(1_000).unwrap_or(0);
    policy::checkpoint::accept(&signed, &configured.constitution, &configured.network, now).map_err(|_| refused)?;
    state.checkpoint = Some(signed);
    Ok(Answer::Done)
}

/// A document of the phase that the vault is in.
pub(crate) async fn attest(io: &Io, shared: &Shared, nonce: Vec<u8>) -> Result<Answer, Stop> {
    if nonce.len() > limits::NONCE {
        return Err(Stop(Problem::Malformed));
    }
    let (user_data, public_key) = {
        let mut state = shared.state();
        let configured = state.configured()?;
        if state.serving.as_ref().is_some_and(|serving| serving.ready) {
            crate::sync::serving_data(shared, &mut state)?
        } else {
            let setup = Setup {
                version: attested::VERSION,
                vault_id: configured.vault_id.0.into(),
                settings: configured.settings.digest().0.into(),
                checkpoint: state.checkpoint.as_ref().map(|signed| signed.checkpoint),
                custody_epoch: CUSTODY_EPOCH,
                boot_id: shared.boot_id.into(),
            };
            (UserData::Setup(setup), shared.setup.public().to_vec())
        }
    };
    let document = io.attest(cbor::encode(&user_data), public_key, nonce).await?;
    Ok(Answer::Document(document.into()))
}

/// Makes a root key, seals it to the custody members, and forgets it: the vault opens by shares alone, the first time too.
pub(crate) async fn genesis(io: &Io, shared: &Shared) -> Result<Answer, Stop> {
    let failed = Stop(Problem::Nsm);
    let (user_data, dealt) = {
        let state = shared.state();
        let configured = state.configured()?;
        if state.candidate.is_some() || state.serving.is_some() {
            return Err(Stop(Problem::Phase));
        }
        let root = io.rng(RootKey::generate);
        let keys = Keys::derive(&root, &configured.vault_id).map_err(|_| failed)?;
        let root_commitment = root.commitment(&configured.vault_id);
        let Custody::Quorum { threshold, members } = &configured.constitution.custody;
        let mut dealt = Vec::new();
        for (index, member) in (0_u8..).zip(members) {
            let share = root
                .with_secret(|root| {
                    io.rng(|rng| {
                        custody::seal_to_member(member, &configured.vault_id, CUSTODY_EPOCH, index, *threshold, root, rng)
                    })
                })
                .map_err(|_| Stop(Problem::Constitution))?;
            dealt.push(share);
        }
        let digest = anchor::create_vault_digest(
            configured.chain_id(),
            Address::from(configured.constitution.vault_registry.address),
            configured.vault_id,
            configured.constitution.digest(),
            B256::from(root_commitment),
        );
        let genesis = Genesis {
            version: attested::VERSION,
            vault_id: configured.vault_id.0.into(),
            root_commitment: root_commitment.into(),
            vault_key: keys.vault_key().public().into(),
            shares: custody::shares_digest(&dealt).into(),
            create_signature: keys.vault_key().sign(&digest.0).map_err(|_| failed)?.into(),
        };
        (UserData::Genesis(genesis), dealt)
    };
    let document = io.attest(cbor::encode(&user_data), shared.setup.public().to_vec(), Vec::new()).await?;
    Ok(Answer::Genesis(GenesisOutput { version: custody::VERSION, document: document.into(), shares: dealt }))
}

/// Takes a member's share. Whether it makes the right root key, the chain says; see [`crate::sync`].
pub(crate) fn unlock(shared: &Shared, share: &[u8]) -> Result<Answer, Stop> {
    let refused = Stop(Problem::Share);
    let mut state = shared.state();
    let configured = state.configured()?;
    if state.candidate.is_some() || state.serving.is_some() {
        return Err(Stop(Problem::Phase));
    }
    let message: ShareMessage = cbor::decode(share, limits::SETTINGS).map_err(|_| refused)?;
    let Custody::Quorum { threshold: _, members } = &configured.constitution.custody;
    let member = members.get(usize::from(message.index)).ok_or(refused)?;
    let context = ShareContext {
        vault_id: configured.vault_id,
        settings: configured.settings.digest(),
        image: shared.image,
        epoch: CUSTODY_EPOCH,
        index: message.index,
        boot_id: shared.boot_id,
    };
    let share = shared.setup.open_share(&message, &context, member).map_err(|_| refused)?;
    state.candidate = Some(RootKey::from_share(share));
    state.problem = None;
    state.conflict = None;
    Ok(Answer::Done)
}

/// The checkpoint that this boot started from.
pub(crate) fn started_from(signed: Option<&SignedCheckpoint>) -> Result<Checkpoint, Stop> {
    signed.map(|signed| signed.checkpoint).ok_or(Stop(Problem::Checkpoint))
}
