//! `StoreRegistry`.

use alloy_primitives::{Address, B256};

use super::seconds;
use crate::StoreRegistry;
use crate::class::Status;
use crate::registry::StoreRef;
use crate::transaction::Transaction;

/// Makes transactions for the store registry at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryAdmin(pub Address);

/// A portfolio as it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPortfolio {
    /// The vault that its stores' credentials are in.
    pub vault: B256,
    /// Who decides, and who watches.
    pub seats: Seats,
    /// Seconds before a change or a sale holds; at most a year. With 0 the portfolio trusts its owner alone.
    pub delay: u64,
}

/// The contracts and accounts that an owner puts in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seats {
    /// An `IStoreAccessPolicy`, which says so by ERC-165.
    pub policy: Address,
    /// Pauses, cancels and vetoes; zero = none.
    pub guardian: Address,
    /// Sets the status of stores; zero = none.
    pub servicer: Address,
}

/// What is proposed and does not hold yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another policy.
    Policy,
    /// Another guardian.
    Guardian,
    /// Another servicer.
    Servicer,
    /// The offer of the portfolio.
    Offer,
    /// Every offer of a store of the portfolio.
    StoreOffers,
    /// The looser status of the store with this id.
    Status(B256),
}

impl Change {
    /// The name that `StoreRegistry.cancel` takes.
    #[must_use]
    pub const fn name(self) -> B256 {
        match self {
            Self::Policy => text(b"policy"),
            Self::Guardian => text(b"guardian"),
            Self::Servicer => text(b"servicer"),
            Self::Offer => text(b"offer"),
            Self::StoreOffers => text(b"stores"),
            Self::Status(store) => store,
        }
    }
}

const fn text(ascii: &[u8]) -> B256 {
    let mut word = [0; 32];
    let (start, _) = word.split_at_mut(ascii.len());
    start.copy_from_slice(ascii);
    B256::new(word)
}

impl RegistryAdmin {
    /// By anybody, who becomes its owner.
    #[must_use]
    pub fn create_portfolio(self, new: NewPortfolio) -> Transaction {
        let NewPortfolio { vault, seats: Seats { policy, guardian, servicer }, delay } = new;
        let delay = seconds(delay);
        Transaction::call(self.0, &StoreRegistry::createPortfolioCall { vault, policy, guardian, servicer, delay })
    }

    /// By the owner.
    #[must_use]
    pub fn offer_portfolio(self, portfolio: u64, to: Address) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::offerPortfolioCall { portfolio, to })
    }

    /// By the owner.
    #[must_use]
    pub fn withdraw_portfolio(self, portfolio: u64) -> Transaction {
        self.offer_portfolio(portfolio, Address::ZERO)
    }

    /// By the one to whom it was offered, after the delay. A new tenure: what the old owner granted is over.
    #[must_use]
    pub fn accept_portfolio(self, portfolio: u64, seats: Seats) -> Transaction {
        let Seats { policy, guardian, servicer } = seats;
        Transaction::call(self.0, &StoreRegistry::acceptPortfolioCall { portfolio, policy, guardian, servicer })
    }

    /// By the owner of the stores' home.
    #[must_use]
    pub fn offer_stores(self, refs: Vec<StoreRef>, to: u64) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::offerStoresCall { refs, to })
    }

    /// By the owner of the stores' home.
    #[must_use]
    pub fn withdraw_stores(self, refs: Vec<StoreRef>) -> Transaction {
        self.offer_stores(refs, 0)
    }

    /// By the owner of `to`, after the delay of the stores' home.
    #[must_use]
    pub fn accept_stores(self, to: u64, refs: Vec<StoreRef>) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::acceptStoresCall { to, refs })
    }

    /// By the owner; holds after the delay.
    #[must_use]
    pub fn propose_policy(self, portfolio: u64, policy: Address) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::proposePolicyCall { portfolio, policy })
    }

    /// By the owner; holds after the delay.
    #[must_use]
    pub fn set_guardian(self, portfolio: u64, guardian: Address) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::setGuardianCall { portfolio, guardian })
    }

    /// By the owner; holds after the delay.
    #[must_use]
    pub fn set_servicer(self, portfolio: u64, servicer: Address) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::setServicerCall { portfolio, servicer })
    }

    /// By guardian or owner, before it holds.
    #[must_use]
    pub fn cancel(self, portfolio: u64, change: Change) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::cancelCall { portfolio, change: change.name() })
    }

    /// By owner or guardian, at once. No store = the portfolio.
    #[must_use]
    pub fn pause(self, portfolio: u64, refs: Vec<StoreRef>) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::pauseCall { portfolio, refs })
    }

    /// By the owner. No store = the portfolio; stores that were paused by themselves stay paused.
    #[must_use]
    pub fn unpause(self, portfolio: u64, refs: Vec<StoreRef>) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::unpauseCall { portfolio, refs })
    }

    /// By the breaker's holder: everything stops for at most seven days, or goes on.
    #[must_use]
    pub fn set_breaker(self, open: bool) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::setBreakerCall { open })
    }

    /// By the servicer. Further on in the order of [`Status`] holds at once, further back after the delay.
    #[must_use]
    pub fn set_status(self, refs: Vec<StoreRef>, status: Status, reason: B256) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::setStatusCall { refs, status: status.number(), reason })
    }

    /// By the owner, if there is a guardian: opens one operation of a closed class on one store after the delay, two days at least. Salt 0 is the
    /// portfolio itself. `until` is the first second at which it is closed again, at most 30 days after it opened.
    #[must_use]
    pub fn propose_unlock(self, portfolio: u64, store: StoreRef, operation: B256, until: u64) -> Transaction {
        let call = StoreRegistry::proposeUnlockCall { portfolio, r#ref: store, operation, until: seconds(until) };
        Transaction::call(self.0, &call)
    }

    /// By guardian or owner, at any time.
    #[must_use]
    pub fn veto_unlock(self, portfolio: u64, store: StoreRef, operation: B256) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::vetoUnlockCall { portfolio, r#ref: store, operation })
    }

    /// By the caller whose agent it is, for good. `agent` is keccak256 of the agent's key as its delegation names it.
    #[must_use]
    pub fn revoke_agent(self, agent: B256) -> Transaction {
        Transaction::call(self.0, &StoreRegistry::revokeAgentCall { agent })
    }
}
