//! A vault driven by hand, with a host that can lie at every step.

mod caller;
mod ledger;
mod proofs;
mod setup;

use std::collections::HashMap;

use alloy_primitives::B256;
use devnet::chain::Devnet;
use protocol::attested::{self, UserData};
use protocol::constitution::{Constitution, Settings};
use protocol::custody::{MemberKey, SealedShare};
use protocol::http;
use protocol::ledger::{Kind, Leaf, SealedEntry};
use protocol::message::{Answer, Batch, HostRequest, Need, Phase, Status, Supply};
use protocol::{cbor, limits};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use vault::{Conversation, Egress, Egressed, Image, Input, Local, Step, Vault};

pub(crate) use caller::{Caller, HandedOver, Read, Sealed};
pub(crate) use setup::{ONE_A_SECOND, ONE_EVER, ORDERS, SALT, SALT_2, SHOP};

/// What this test's image measures.
pub(crate) const IMAGE: Image = Image { pcr0: [1; 48], pcr1: [2; 48], pcr2: [3; 48] };

/// What happened in a conversation, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// The enclave asked for this.
    Asked(&'static str),
    /// It asked to make this durable.
    Commit(Batch, Kind),
    /// It was told that a batch with this entry is durable.
    Acknowledged(Kind),
    /// It sent a request to the platform.
    Egress,
}

/// A conversation under way.
pub(crate) struct Talk {
    conversation: Conversation,
    /// What it asked for last. `None`: it was not resumed yet.
    pub(crate) step: Option<Step>,
    pub(crate) events: Vec<Event>,
}

impl Talk {
    pub(crate) fn done(&self) -> Option<&Answer> {
        match &self.step {
            Some(Step::Done(answer)) => Some(answer.as_ref()),
            _ => None,
        }
    }

    /// Whether another conversation has to go on first.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.step, Some(Step::Wait))
    }

    pub(crate) fn needs(&self) -> Option<&Need> {
        match &self.step {
            Some(Step::Need(need)) => Some(need),
            _ => None,
        }
    }

    /// Whether it stands before sending to the platform.
    pub(crate) fn sends(&self) -> bool {
        matches!(self.step, Some(Step::Local(Local::Egress(_))))
    }

    pub(crate) fn egresses(&self) -> usize {
        self.events.iter().filter(|event| **event == Event::Egress).count()
    }

    /// Whether it stands before a commit of such an entry.
    pub(crate) fn commits(&self, kind: Kind) -> bool {
        matches!(self.needs(), Some(Need::Commit(batch)) if kind_of(batch) == kind)
    }

    /// No use of a credential before its intent was acknowledged.
    pub(crate) fn check_order(&self) {
        let (mut intended, mut refreshing) = (false, false);
        for event in &self.events {
            match event {
                Event::Acknowledged(Kind::Intent) => intended = true,
                Event::Acknowledged(Kind::Outcome) => intended = false,
                Event::Acknowledged(Kind::Refreshing) => refreshing = true,
                Event::Acknowledged(Kind::Refreshed) => refreshing = false,
                Event::Egress => assert!(intended || refreshing, "sent without a durable intent: {:?}", self.events),
                _ => {}
            }
        }
    }
}

/// What a host and a platform are to one vault.
pub(crate) struct World {
    pub(crate) chain: Devnet,
    pub(crate) vault: Vault,
    pub(crate) constitution: Constitution,
    pub(crate) settings: Settings,
    member: [u8; 32],
    shares: Vec<SealedShare>,
    /// Sealed bytes, by record id and generation.
    pub(crate) records: HashMap<([u8; 32], u64), Vec<u8>>,
    pub(crate) entries: Vec<SealedEntry>,
    /// Unix milliseconds, by the enclave's clock.
    pub(crate) now: u64,
    draws: u64,
    /// What was attested last, with the public key.
    attested: Option<(UserData, Vec<u8>)>,
    /// What the platform got.
    pub(crate) sent: Vec<http::Request>,
    /// What the platform does.
    pub(crate) platform: fn(&http::Request) -> Egressed,
    /// What stands in its place and remembers, if something does.
    pub(crate) provider: Option<Provider>,
    /// How often the next generation of a record was stored.
    pub(crate) renewed: usize,
    /// The portfolio that stores live in when they are handed over. All were made in the first.
    home: u64,
}

/// A platform with a memory, and a clock in unix milliseconds.
pub(crate) type Provider = Box<dyn FnMut(&http::Request, u64) -> Egressed>;

/// Milliseconds that a request to a token endpoint may take to be sent.
const UPKEEP_LIFE: u64 = 60_000;

/// Answers as the shop would.
pub(crate) fn shop(request: &http::Request) -> Egressed {
    let body = if request.body.windows(15).any(|part| part == b"myshopifyDomain") {
        format!(r#"{{"data":{{"shop":{{"myshopifyDomain":"{SHOP}"}}}}}}"#)
    } else {
        r#"{"data":{"orders":{"edges":[]}}}"#.to_owned()
    };
    answer(body)
}

/// A JSON answer with status 200.
pub(crate) fn answer(body: String) -> Egressed {
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Egressed::Response(http::Response { status: 200, headers, body: body.into_bytes() })
}

/// The kind of a batch's one entry.
pub(crate) fn kind_of(batch: &Batch) -> Kind {
    assert_eq!(batch.entries.len(), 1);
    let leaf: Leaf = cbor::decode(&batch.entries[0].leaf, limits::LEDGER_BODY).unwrap();
    leaf.kind
}

/// What a host may answer in place of the truth.
pub(crate) type Lie<'a> = &'a mut dyn FnMut(&Need, Supply) -> Supply;

/// An honest host.
pub(crate) fn honest(_: &Need, supply: Supply) -> Supply {
    supply
}

fn name(need: &Need) -> &'static str {
    match need {
        Need::Bootstrap { .. } => "Bootstrap",
        Need::Updates { .. } => "Updates",
        Need::Heads => "Heads",
        Need::State { .. } => "State",
        Need::Record { .. } => "Record",
        Need::Ledger { .. } => "Ledger",
        Need::Commit(_) => "Commit",
        Need::Headers { .. } => "Headers",
    }
}

/// What the image is called on chain.
fn image() -> B256 {
    attested::image_id(&IMAGE.pcr0, &IMAGE.pcr1, &IMAGE.pcr2)
}

impl World {
    pub(crate) fn rng(&mut self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(self.entropy())
    }

    pub(crate) fn entropy(&mut self) -> [u8; 32] {
        self.draws += 1;
        let mut seed = [0xe1; 32];
        seed[..8].copy_from_slice(&self.draws.to_le_bytes());
        seed[8..16].copy_from_slice(&self.now.to_le_bytes());
        seed
    }

    pub(crate) fn member(&self) -> MemberKey {
        MemberKey::from_secret(&self.member).unwrap()
    }

    pub(crate) fn vault_id(&self) -> B256 {
        self.constitution.vault_id()
    }

    /// A conversation that was not resumed yet.
    pub(crate) fn talk(&self, request: HostRequest) -> Talk {
        Talk { conversation: self.vault.converse(request), step: None, events: Vec::new() }
    }

    /// Resumes with an input of the test's choice.
    pub(crate) fn resume(&mut self, talk: &mut Talk, input: Input) {
        let entropy = self.entropy();
        let step = talk.conversation.resume(input, self.now, entropy);
        if let Step::Need(need) = &step {
            talk.events.push(match need {
                Need::Commit(batch) => Event::Commit(batch.clone(), kind_of(batch)),
                need => Event::Asked(name(need)),
            });
        }
        talk.step = Some(step);
    }

    /// Does what the conversation asked for, and resumes it. What it asked for is done after `lie` was asked, so that a batch that
    /// was not acknowledged is not stored either.
    pub(crate) fn advance(&mut self, talk: &mut Talk, lie: Lie<'_>) {
        let input = match talk.step.take() {
            None | Some(Step::Wait) => Input::Again,
            Some(Step::Need(need)) => {
                let truth = self.supply(&need);
                let supply = lie(&need, truth);
                if let (Need::Commit(batch), Supply::Committed) = (&need, &supply) {
                    self.store(batch);
                    talk.events.push(Event::Acknowledged(kind_of(batch)));
                }
                Input::Supply(supply)
            }
            Some(Step::Local(Local::Attest { user_data, public_key, .. })) => {
                self.attested = Some((cbor::decode(&user_data, 512).unwrap(), public_key));
                Input::Document(Some(b"a document".to_vec()))
            }
            Some(Step::Local(Local::Measure { .. })) => Input::Measured(true),
            Some(Step::Local(Local::Pause { until })) => {
                self.now = self.now.max(until);
                Input::Again
            }
            Some(Step::Local(Local::Egress(egress))) => {
                talk.events.push(Event::Egress);
                Input::Egressed(self.egress(egress))
            }
            Some(Step::Done(answer)) => panic!("it is over: {answer:?}"),
        };
        self.resume(talk, input);
    }

    fn egress(&mut self, Egress { request, send_before }: Egress) -> Egressed {
        let token = request.path.split('?').next().is_some_and(|path| path.contains("token") || path.ends_with("/login"));
        let life = if token { UPKEEP_LIFE } else { Settings::PERMIT_LIFE * 1_000 };
        assert!(send_before <= self.now + life, "may be sent later than a permit lives");
        if self.now >= send_before {
            return Egressed::NotSent;
        }
        let answer = match &mut self.provider {
            Some(provider) => provider(&request, self.now),
            None => (self.platform)(&request),
        };
        self.sent.push(request);
        answer
    }

    /// The truth.
    pub(crate) fn supply(&self, need: &Need) -> Supply {
        match need {
            Need::Bootstrap { root } => {
                self.chain.bootstrap(B256::from(**root)).map_or(Supply::Unavailable, |ssz| Supply::Bootstrap(ssz.into()))
            }
            Need::Updates { period, count } => {
                Supply::Updates(self.chain.updates(*period, *count).into_iter().map(Into::into).collect())
            }
            Need::Heads => Supply::Heads {
                finality: vec![self.chain.finality_update().into()],
                optimistic: vec![self.chain.optimistic_update().into()],
            },
            Need::State { block_number, accounts, .. } => {
                proofs::prove(&self.chain, *block_number, accounts).map_or(Supply::Unproven, Supply::State)
            }
            Need::Record { id, generation } => {
                Supply::Record(self.records.get(&(**id, *generation)).map(|sealed| sealed.clone().into()))
            }
            Need::Ledger { from } => {
                let from = usize::try_from(*from).unwrap();
                Supply::Ledger(self.entries.iter().skip(from).take(limits::LEDGER_ENTRIES).cloned().collect())
            }
            Need::Commit(_) => Supply::Committed,
            Need::Headers { hashes } => {
                let headers = hashes.iter().map(|hash| self.chain.execution_header(B256::from(**hash)));
                headers.map(|header| header.map(Into::into)).collect::<Option<_>>().map_or(Supply::Unavailable, Supply::Headers)
            }
        }
    }

    /// Compare and swap; the same batch again is fine.
    pub(crate) fn store(&mut self, batch: &Batch) {
        let size = usize::try_from(batch.size).unwrap();
        if size < self.entries.len() {
            assert_eq!(self.entries[size..], batch.entries, "another entry at an index that is taken");
            return;
        }
        assert_eq!(size, self.entries.len(), "an entry is left out");
        self.entries.extend(batch.entries.clone());
        for end in &batch.ended {
            self.records.remove(&(*end.id, end.generation));
        }
        for put in &batch.records {
            let before = self.records.insert((*put.id, put.generation), put.sealed.to_vec());
            assert!(before.is_none(), "a record is overwritten");
            let kept: Vec<u64> = self.generations(&put.id);
            assert!(kept.len() <= 2 && kept.last() == Some(&put.generation), "{kept:?}");
            self.renewed += usize::from(put.generation > 1);
        }
    }

    /// Generations of a record that the host has.
    pub(crate) fn generations(&self, id: &[u8; 32]) -> Vec<u64> {
        let mut kept: Vec<u64> = self.records.keys().filter(|(of, _)| of == id).map(|(_, generation)| *generation).collect();
        kept.sort_unstable();
        kept
    }

    /// Goes on until it is over or has to wait for another.
    pub(crate) fn finish(&mut self, talk: &mut Talk, lie: Lie<'_>) {
        while talk.done().is_none() {
            self.advance(talk, lie);
            if talk.waits() {
                return;
            }
        }
    }

    pub(crate) fn run(&mut self, request: HostRequest, lie: Lie<'_>) -> Talk {
        let mut talk = self.talk(request);
        self.finish(&mut talk, lie);
        assert!(!talk.waits(), "nobody else has the turn");
        talk
    }

    pub(crate) fn ask(&mut self, request: HostRequest, lie: Lie<'_>) -> Answer {
        match self.run(request, lie).step {
            Some(Step::Done(answer)) => *answer,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn tick(&mut self) -> Answer {
        self.ask(HostRequest::Tick, &mut honest)
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(HostRequest::Status, &mut honest) {
            Answer::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn phase(&mut self) -> Phase {
        self.status().phase
    }

    /// What is attested now, with the public key.
    pub(crate) fn attest(&mut self) -> (UserData, Vec<u8>) {
        assert!(matches!(self.ask(HostRequest::Attest { nonce: Vec::new() }, &mut honest), Answer::Document(_)));
        self.attested.clone().unwrap()
    }

    /// Makes blocks. The clock goes with them.
    pub(crate) fn steps(&mut self, count: u64) {
        self.chain.steps(count).unwrap();
        self.now = self.now.max(self.chain.head().timestamp * 1_000);
    }

    /// Lets the clock go on, and the chain up to it, until heads are fresh.
    pub(crate) fn catch_up(&mut self) {
        self.chain.tick(self.now / 1_000).unwrap();
        self.steps(8);
        assert_eq!(self.tick(), Answer::Done);
    }
}
