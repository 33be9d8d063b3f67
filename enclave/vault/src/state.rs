//! What the vault knows, and the door to it.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256};
use chain::{AnyLightClient, Network};
use credential::RootKey;
use policy::{Identity, Machine, Registries, Wanted};
use protocol::attested::{SignedCheckpoint, image_id};
use protocol::constitution::{Constitution, Settings};
use protocol::custody::SetupKey;
use protocol::head_conflict::ConflictStatus;
use protocol::message::{Answer, HeadStatus, HostRequest, Phase, Problem, Status};
use rand_core::CryptoRng;

use crate::conversation::{Conversation, Stop};
use crate::serving::Serving;
use crate::views::Views;
use crate::{boot, call, refresh, sync, watch};

/// What is measured of this image: PCR0, PCR1 and PCR2 as the security module reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// The whole image.
    pub pcr0: [u8; 48],
    /// Kernel and first ramdisk.
    pub pcr1: [u8; 48],
    /// The other ramdisks.
    pub pcr2: [u8; 48],
}

/// A vault in one process. Clones are the same vault.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault that waits for its constitution. `rng` makes the boot id and the setup key.
    #[must_use]
    pub fn new(image: &Image, rng: &mut impl CryptoRng) -> Self {
        let mut boot_id = [0; 16];
        rng.fill_bytes(&mut boot_id);
        Self(Arc::new(Shared {
            image: image_id(&image.pcr0, &image.pcr1, &image.pcr2),
            boot_id,
            setup: SetupKey::generate(rng),
            machine: Machine::default(),
            state: Mutex::new(State::default()),
        }))
    }

    /// Starts a conversation. Nothing happens before it is resumed.
    #[must_use]
    pub fn converse(&self, request: HostRequest) -> Conversation {
        let shared = Arc::clone(&self.0);
        Conversation::new(move |io| async move {
            let answer = match request {
                HostRequest::Configure { constitution, settings } => {
                    boot::configure(&io, &shared, &constitution, &settings).await
                }
                HostRequest::Checkpoint { signed } => boot::checkpoint(&io, &shared, &signed),
                HostRequest::Attest { nonce } => boot::attest(&io, &shared, nonce).await,
                HostRequest::Genesis => boot::genesis(&io, &shared).await,
                HostRequest::Unlock { share } => boot::unlock(&shared, &share),
                HostRequest::Tick => sync::tick(&io, &shared).await,
                HostRequest::Call { message } => call::call(&io, &shared, &message).await,
                HostRequest::Status => Ok(Answer::Status(shared.status(io.now()))),
                HostRequest::Anchor => sync::anchor(&io, &shared).await,
                HostRequest::Upkeep => refresh::keep(&io, &shared).await,
                HostRequest::Watch => watch::watch(&io, &shared).await,
            };
            answer.unwrap_or_else(|Stop(problem)| Answer::Problem(problem))
        })
    }
}

pub(crate) struct Shared {
    /// keccak256(PCR0 || PCR1 || PCR2).
    pub(crate) image: B256,
    pub(crate) boot_id: [u8; 16],
    pub(crate) setup: SetupKey,
    /// Runs the contracts.
    pub(crate) machine: Machine,
    state: Mutex<State>,
}

/// What follows from constitution and settings, and never changes in a boot.
pub(crate) struct Configured {
    pub(crate) constitution: Constitution,
    pub(crate) settings: Settings,
    pub(crate) vault_id: B256,
    pub(crate) network: Network,
}

impl Configured {
    pub(crate) fn chain_id(&self) -> u64 {
        self.constitution.network.chain_id()
    }

    pub(crate) fn registry(&self) -> Address {
        Address::from(self.constitution.store_registry.address)
    }

    /// Who is asked about stores and images.
    pub(crate) fn registries(&self, image: B256) -> Registries {
        let constitution = &self.constitution;
        Registries {
            chain_id: self.chain_id(),
            stores: (self.registry(), B256::from(constitution.store_registry.code_hash)),
            vaults: (constitution.vault_registry.address.into(), B256::from(constitution.vault_registry.code_hash)),
            vault_id: self.vault_id,
            image,
        }
    }

    /// Who this vault is to `policy`. `enclave` is the digest of the OHTTP key configuration that the request was sealed to.
    pub(crate) fn identity(&self, image: B256, enclave: [u8; 32]) -> Identity {
        Identity {
            chain_id: self.chain_id(),
            registry: self.registry(),
            registry_code_hash: B256::from(self.constitution.store_registry.code_hash),
            vault_id: self.vault_id,
            image,
            enclave,
        }
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) configured: Option<Arc<Configured>>,
    /// Constitution and settings are being measured.
    pub(crate) configuring: bool,
    pub(crate) checkpoint: Option<SignedCheckpoint>,
    pub(crate) light: Option<AnyLightClient>,
    /// A root key that was made of shares and not yet compared with the chain.
    pub(crate) candidate: Option<RootKey>,
    pub(crate) serving: Option<Serving>,
    pub(crate) views: Views,
    /// A tick is under way.
    pub(crate) ticking: bool,
    /// A conversation writes to the ledger.
    pub(crate) writing: bool,
    /// What went wrong in the background and still stands.
    pub(crate) problem: Option<Problem>,
    /// Ledger size of the newest anchor that was proven.
    pub(crate) anchored: Option<u64>,
    /// The conflict that froze the vault, or that keeps it from opening.
    pub(crate) conflict: Option<ConflictStatus>,
}

impl State {
    pub(crate) fn configured(&self) -> Result<Arc<Configured>, Stop> {
        self.configured.clone().ok_or(Stop(Problem::Phase))
    }

    pub(crate) fn serving(&mut self) -> Result<&mut Serving, Stop> {
        self.serving.as_mut().ok_or(Stop(Problem::Phase))
    }

    pub(crate) fn phase(&self) -> Phase {
        if self.configured.is_none() {
            Phase::WaitingForConstitution
        } else if self.serving.as_ref().is_some_and(|serving| serving.ready) {
            Phase::Serving
        } else if self.checkpoint.is_none() {
            Phase::WaitingForCheckpoint
        } else if self.candidate.is_none() && self.serving.is_none() {
            Phase::WaitingForShares
        } else {
            Phase::Syncing
        }
    }

    /// Remembers what a decision about a store read, and whether it permits anything here.
    pub(crate) fn remember(&mut self, store: [u8; 32], permitted: bool, read: &Wanted) -> Result<(), Stop> {
        let used = permitted && self.serving()?.provisioned(&store);
        self.views.touched.remember(store, used, read);
        Ok(())
    }

    /// Trusted unix milliseconds: the latest of the enclave's clock, the attested slot and the last ledger entry.
    pub(crate) fn time(&self, now: u64) -> u64 {
        let slot = self
            .configured
            .as_ref()
            .zip(self.light.as_ref().and_then(AnyLightClient::attested))
            .map_or(0, |(configured, head)| configured.network.time_of(head.slot()).saturating_mul(1_000));
        let ledger = self.serving.as_ref().map_or(0, |serving| serving.ledger.fold.time);
        now.max(slot).max(ledger)
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self, now: u64) -> Status {
        let state = self.state();
        let seconds = state.time(now).checked_div(1_000).unwrap_or(0);
        let frozen = state.light.as_ref().is_some_and(|light| light.conflict().is_some());
        let pair = state.views.pair().filter(|_| !frozen);
        let configured = state.configured.as_ref();
        let head = |head: &chain::VerifiedHead| HeadStatus {
            slot: head.slot().0,
            block_number: head.block_number(),
            block_hash: head.block_hash().into(),
            age: configured.map_or(0, |configured| seconds.saturating_sub(configured.network.time_of(head.slot()))),
        };
        Status {
            phase: state.phase(),
            vault_id: configured.map(|configured| configured.vault_id.0.into()),
            finalized: pair.map(|pair| head(pair.finalized.head())),
            attested: pair.map(|pair| head(pair.attested.head())),
            ledger_size: state.serving.as_ref().map(|serving| serving.ledger.size()),
            anchored_size: state.anchored,
            problem: state.problem,
            touched: state.views.touched(),
            schedule_left: configured.and_then(|configured| configured.schedule_ends()).map(|end| end.saturating_sub(seconds)),
            conflict: state.conflict,
            schedule: configured.map(|configured| configured.schedule(seconds)),
            connections: state
                .serving
                .as_ref()
                .filter(|serving| serving.ready)
                .map(|serving| serving.ledger.fold.tally(state.time(now))),
        }
    }
}
