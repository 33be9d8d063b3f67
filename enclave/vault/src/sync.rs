//! Following the chain, and what follows from it: the root key is the chain's, the ledger extends its anchor, state is warm.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use chain::{AnyLightClient, Message, Wants};
use contracts_bindings::VaultRegistry::{stateOfCall, stateOfReturn};
use credential::Keys;
use minicbor::bytes::ByteVec;
use policy::{Bounds, ViewCall, Viewed};
use protocol::attested::{self, Checkpoint, Serving as ServingData, UserData};
use protocol::ledger::{self, Body, Boot};
use protocol::message::{AnchorStatement, Answer, Need, Problem, Supply};
use protocol::{anchor, cbor, limits};

use crate::append::append;
use crate::boot::started_from;
use crate::conflict;
use crate::conversation::{Io, Stop};
use crate::heads::fresh_pair;
use crate::ledger::{Ledger, Proposal};
use crate::serving::Serving;
use crate::state::{Shared, State};
use crate::views::{Fetched, Pair, View, fetch, fetch_ahead};

/// Round trips for the state of one question, at most.
pub(crate) const ROUNDS: usize = 16;
/// Answers to one tick's questions about heads, at most.
const STEPS: usize = 64;

/// The one tick under way. Given back when dropped.
struct Ticking<'a>(&'a Shared);

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.state().ticking = false;
    }
}

/// Goes on with whatever is due. Carries no authority: what is due follows from trusted time and verified state.
pub(crate) async fn tick(io: &Io, shared: &Shared) -> Result<Answer, Stop> {
    {
        let mut state = shared.state();
        if state.configured.is_none() || state.ticking {
            return Ok(Answer::Done);
        }
        state.ticking = true;
    }
    let _ticking = Ticking(shared);
    let result = advance(io, shared).await;
    {
        let mut state = shared.state();
        // Why the vault did not open stands until the next share: a tick that has nothing to open does not take it back.
        let closed = state.candidate.is_none() && state.serving.is_none();
        let why = matches!(state.problem, Some(Problem::RootCommitment | Problem::Ledger | Problem::HeadConflict));
        if !(result.is_ok() && closed && why) {
            state.problem = result.as_ref().err().map(|Stop(problem)| *problem);
        }
    }
    result.map(|()| Answer::Done)
}

async fn advance(io: &Io, shared: &Shared) -> Result<(), Stop> {
    // A frozen vault asks for nothing more.
    conflict::check(io, shared).await?;
    if !follow(io, shared).await? {
        return Ok(());
    }
    conflict::check(io, shared).await?;
    let (serving, unlocked) = {
        let state = shared.state();
        (state.serving.as_ref().is_some_and(|serving| serving.ready), state.candidate.is_some() || state.serving.is_some())
    };
    let connected = connect(io, shared).await;
    if !unlocked {
        // Its heads are connected while it waits for shares, so that the host keeps proofs at them; what fails here matters later.
        return Ok(());
    }
    connected?;
    let pair = fresh_pair(io, shared)?;
    if !serving {
        return open(io, shared, &pair).await;
    }
    for view in [&pair.attested, &pair.finalized] {
        let queries = shared.state().views.unproven(view);
        // What nobody proves now, a call that reads it will ask for again.
        fetch_ahead(io, view, queries).await?;
    }
    let anchored = state_of(io, shared, &pair.finalized).await?;
    let now = io.now();
    let mut state = shared.state();
    state.anchored = Some(anchored.size);
    io.rng(|rng| state.serving().map(|serving| serving.rotate(now, rng)))
}

/// Brings the light client up to date. `false` if it has nothing to start from.
async fn follow(io: &Io, shared: &Shared) -> Result<bool, Stop> {
    if shared.state().outlived(seconds(io)) {
        return Err(Stop(Problem::Checkpoint));
    }
    if shared.state().light.is_none() && !start(io, shared).await? {
        return Ok(false);
    }
    for _ in 0..STEPS {
        let now = seconds(io);
        let Some(wants) = shared.state().light.as_ref().map(|light| light.wants(now)) else { return Ok(false) };
        match wants {
            Wants::Updates { period, count } => {
                let Supply::Updates(updates) = io.need(Need::Updates { period, count }).await? else {
                    return Err(Stop(Problem::Supply));
                };
                if !moved(shared, &updates, seconds(io)) {
                    heads(io, shared).await?;
                    return Ok(true);
                }
            }
            Wants::Heads => {
                heads(io, shared).await?;
                return Ok(true);
            }
        }
    }
    Ok(true)
}

/// Whether any update moved the light client. What does not verify is skipped, as a node may serve updates with too few signers; the
/// head's age tells the rest.
fn moved(shared: &Shared, updates: &[ByteVec], now: u64) -> bool {
    let mut state = shared.state();
    let Some(light) = state.light.as_mut() else { return false };
    let bounded = updates.iter().take(limits::UPDATES);
    bounded.filter(|update| light.advance(Message::Update(update), now).is_ok_and(|advanced| advanced.any())).count() > 0
}

async fn start(io: &Io, shared: &Shared) -> Result<bool, Stop> {
    let Some(root) = shared.state().checkpoint.as_ref().map(|signed| signed.checkpoint.root) else { return Ok(false) };
    let Supply::Bootstrap(bootstrap) = io.need(Need::Bootstrap { root }).await? else { return Err(Stop(Problem::Supply)) };
    let now = seconds(io);
    let mut state = shared.state();
    let configured = state.configured()?;
    let signed = state.checkpoint.clone().ok_or(Stop(Problem::Checkpoint))?;
    // Accepted again, so that one that grew too old while it waited is refused.
    let accepted = policy::checkpoint::accept(&signed, &configured.constitution, &configured.network, now);
    let Ok(accepted) = accepted else {
        state.checkpoint = None;
        return Err(Stop(Problem::Checkpoint));
    };
    let light = AnyLightClient::bootstrap(configured.network.clone(), accepted, &bootstrap).map_err(|_| Stop(Problem::Supply))?;
    state.light = Some(light);
    Ok(true)
}

async fn heads(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let Supply::Heads { finality, optimistic } = io.need(Need::Heads).await? else { return Err(Stop(Problem::Supply)) };
    let now = seconds(io);
    let mut state = shared.state();
    if let Some(light) = state.light.as_mut() {
        // A head that is no newer, or does not verify, moves nothing; the age of the one that stands decides whether that matters.
        for finality in finality.iter().take(limits::HEADS) {
            let _ = light.advance(Message::Finality(finality), now);
        }
        for optimistic in optimistic.iter().take(limits::HEADS) {
            let _ = light.advance(Message::Optimistic(optimistic), now);
        }
    }
    Ok(())
}

/// Asks for the execution headers of the light client's heads. Until they are there, decisions are made at the heads before.
async fn connect(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let refused = Stop(Problem::Supply);
    let (heads, unknown) = {
        let state = shared.state();
        let light = state.light.as_ref();
        let (Some(finalized), Some(attested)) =
            (light.and_then(AnyLightClient::finalized), light.and_then(AnyLightClient::attested))
        else {
            return Err(Stop(Problem::StaleChain));
        };
        let heads = [finalized, attested];
        (heads, state.views.unconnected(heads))
    };
    let mut connected = Vec::new();
    if !unknown.is_empty() {
        let hashes = unknown.iter().map(|head| head.block_hash().map(Into::into)).collect::<Option<Vec<_>>>();
        let need = Need::Headers { hashes: hashes.ok_or(refused)? };
        let Supply::Headers(headers) = io.need(need).await? else { return Err(refused) };
        if headers.len() != unknown.len() {
            return Err(refused);
        }
        for (head, header) in unknown.iter().zip(&headers) {
            connected.push(head.connect(header).map_err(|_| refused)?);
        }
    }
    shared.state().views.follow(connected, heads);
    Ok(())
}

fn seconds(io: &Io) -> u64 {
    io.now().checked_div(1_000).unwrap_or(0)
}

/// Opens the vault: the root key must be the chain's, the ledger must be this vault's and extend the anchor at both heads.
async fn open(io: &Io, shared: &Shared, pair: &Pair) -> Result<(), Stop> {
    // The attested head first: nodes prove it even if they keep little state, and the host learns what to keep proofs of.
    let attested = state_of(io, shared, &pair.attested).await?;
    let on_chain = [state_of(io, shared, &pair.finalized).await?, attested];
    let [finalized, _] = &on_chain;
    if shared.state().serving.is_none() {
        unlock(io, shared, finalized.rootCommitment)?;
    }
    let pending = shared.state().serving()?.ledger.pending().is_some();
    if !pending {
        shared.state().serving()?.ledger = Ledger::new();
        let anchors: Vec<(u64, B256)> =
            on_chain.iter().filter(|state| state.size > 0).map(|state| (state.size, state.root)).collect();
        if let Err(stop) = restore(io, shared, &anchors).await {
            if stop.0 == Problem::Ledger {
                // Not this vault's, or rolled back. The root key does not stay in an enclave that is shown such a ledger.
                shared.state().serving = None;
            }
            return Err(stop);
        }
    }
    if shared.state().starts_before_a_conflict()? {
        shared.state().serving = None;
        return Err(Stop(Problem::HeadConflict));
    }
    boot_entry(io, shared).await?;
    let mut state = shared.state();
    state.anchored = Some(finalized.size);
    state.serving()?.ready = true;
    Ok(())
}

fn unlock(io: &Io, shared: &Shared, commitment: B256) -> Result<(), Stop> {
    let refused = Stop(Problem::RootCommitment);
    if commitment.is_zero() {
        return Err(refused);
    }
    let now = io.now();
    let mut state = shared.state();
    let configured = state.configured()?;
    let checkpoint = started_from(state.checkpoint.as_ref())?;
    let root = state.candidate.take().ok_or(Stop(Problem::Phase))?;
    let keys = Keys::unlock(root, &configured.vault_id, &commitment.0).map_err(|_| refused)?;
    state.serving = Some(io.rng(|rng| Serving::new(keys, commitment.0, checkpoint, now, rng))?);
    Ok(())
}

async fn restore(io: &Io, shared: &Shared, anchors: &[(u64, B256)]) -> Result<(), Stop> {
    let refused = Stop(Problem::Ledger);
    let mut met = 0_usize;
    loop {
        let from = shared.state().serving()?.ledger.size();
        let Supply::Ledger(entries) = io.need(Need::Ledger { from }).await? else { return Err(Stop(Problem::Supply)) };
        if entries.is_empty() {
            return if met == anchors.len() { Ok(()) } else { Err(refused) };
        }
        let mut state = shared.state();
        let Serving { keys, ledger, .. } = state.serving()?;
        for entry in &entries {
            ledger.restore(keys, entry)?;
            for (size, root) in anchors {
                if ledger.size() == *size {
                    if ledger.root() != root.0 {
                        return Err(refused);
                    }
                    met = met.saturating_add(1);
                }
            }
        }
    }
}

async fn boot_entry(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let (user_data, public_key) = serving_data(shared, &mut shared.state())?;
    let document = io.attest(cbor::encode(&user_data), public_key, Vec::new()).await?;
    let proposal = {
        let state = shared.state();
        let configured = state.configured()?;
        let time = state.time(io.now());
        let boot = Boot {
            version: ledger::VERSION,
            boot_id: shared.boot_id.into(),
            time,
            image: shared.image.0.into(),
            checkpoint: started_from(state.checkpoint.as_ref())?,
            document: document.into(),
            settings: configured.settings.digest().0.into(),
        };
        Proposal { body: Body::Boot(boot), time, records: Vec::new(), reserved: false }
    };
    append(io, shared, proposal, || {}).await.map(|_| ())
}

/// `user_data` and public key of a serving document.
pub(crate) fn serving_data(shared: &Shared, state: &mut State) -> Result<(UserData, Vec<u8>), Stop> {
    let configured = state.configured()?;
    let head = state.light.as_ref().and_then(AnyLightClient::finalized).ok_or(Stop(Problem::StaleChain))?;
    let finalized = Checkpoint { slot: head.slot().0, root: head.root().into() };
    let serving = state.serving()?;
    let data = ServingData {
        version: attested::VERSION,
        vault_id: configured.vault_id.0.into(),
        root_commitment: serving.root_commitment.into(),
        boot_id: shared.boot_id.into(),
        writer_key: anchor::public_key(&serving.writer).into(),
        ledger_size: serving.ledger.size(),
        ledger_root: serving.ledger.root().into(),
        finalized,
        checkpoint: serving.checkpoint,
    };
    Ok((UserData::Serving(data), serving.key_config()))
}

/// `VaultRegistry.stateOf` of this vault at one head, run over proven state.
async fn state_of(io: &Io, shared: &Shared, view: &View) -> Result<stateOfReturn, Stop> {
    let configured = shared.state().configured()?;
    let registry = &configured.constitution.vault_registry;
    let call = ViewCall {
        from: Address::ZERO,
        to: Address::from(registry.address),
        data: stateOfCall { vault: configured.vault_id }.abi_encode().into(),
        gas: Bounds::GAS,
        chain_id: configured.chain_id(),
    };
    for _ in 0..ROUNDS {
        let viewed = policy::view(&view.state(), &call, Some(B256::from(registry.code_hash)), &shared.machine);
        match viewed {
            Viewed::Missing(wanted) => match fetch(io, view, &wanted).await? {
                Fetched::Proven => {}
                Fetched::Unproven => return Err(Stop(Problem::Unproven)),
            },
            Viewed::Output { data, touched, called: _ } => {
                shared.state().views.touched.own(&touched);
                let state = stateOfCall::abi_decode_returns_validate(&data).map_err(|_| Stop(Problem::RootCommitment))?;
                return Ok(state);
            }
            Viewed::Error(_) => return Err(Stop(Problem::RootCommitment)),
        }
    }
    Err(Stop(Problem::Supply))
}

/// The newest writer claim and anchor, signed, for whoever pays the gas.
pub(crate) async fn anchor(io: &Io, shared: &Shared) -> Result<Answer, Stop> {
    if !shared.state().serving.as_ref().is_some_and(|serving| serving.ready) {
        return Err(Stop(Problem::Phase));
    }
    let pair = fresh_pair(io, shared)?;
    let on_chain = state_of(io, shared, &pair.attested).await?;
    let failed = Stop(Problem::Nsm);
    let mut state = shared.state();
    let configured = state.configured()?;
    let serving = state.serving()?;
    let writer = anchor::public_key(&serving.writer);
    let claimed = [on_chain.writer.x.0, on_chain.writer.y.0].concat() == writer;
    let epoch = if claimed { on_chain.epoch } else { on_chain.epoch.saturating_add(1) };
    let (size, root) = (serving.ledger.size(), B256::from(serving.ledger.root()));
    let (chain_id, vault) = (configured.chain_id(), configured.vault_id);
    let registry = Address::from(configured.constitution.vault_registry.address);
    let claim = anchor::claim_writer_digest(chain_id, registry, vault, epoch, &writer, size, root);
    let advance = anchor::anchor_digest(chain_id, registry, vault, epoch, size, root);
    Ok(Answer::Anchor(AnchorStatement {
        epoch,
        writer: writer.into(),
        claim_size: size,
        claim_root: root.0.into(),
        claim_signature: serving.keys.vault_key().sign(&claim.0).map_err(|_| failed)?.into(),
        size,
        root: root.0.into(),
        signature: anchor::sign(&serving.writer, &advance).map_err(|_| failed)?.into(),
    }))
}
