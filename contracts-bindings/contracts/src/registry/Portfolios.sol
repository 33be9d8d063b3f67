// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreRegistry} from "../Interfaces.sol";
import {RegistryState} from "./RegistryState.sol";

/// Who owns a portfolio, and what of it changes only after its delay.
///
/// The delay is fixed when the portfolio is made. Its guardian can take back, until it holds, whatever its owner proposes: another policy, guardian
/// or servicer, and the sale of the portfolio or of stores. A portfolio with delay 0 trusts its owner alone.
abstract contract Portfolios is RegistryState {
    /// A portfolio is made for one vault.
    error VaultInvalid();
    /// Longer than a year.
    error DelayOutOfRange(uint40 delay);
    /// It was not offered to the sender.
    error NotOffered(uint64 portfolio);
    /// It can be accepted later: the guardian may still cancel.
    error OfferNotDue(uint40 from);
    /// Nothing of this name is pending.
    error NothingToCancel(bytes32 change);

    /// `guardian` holds from `effective` on.
    event GuardianProposed(uint64 indexed portfolio, address indexed guardian, uint40 effective);
    /// `servicer` holds from `effective` on.
    event ServicerProposed(uint64 indexed portfolio, address indexed servicer, uint40 effective);

    /// Names for `cancel`.
    bytes32 internal constant POLICY = "policy";
    bytes32 internal constant GUARDIAN = "guardian";
    bytes32 internal constant SERVICER = "servicer";
    bytes32 internal constant OFFER = "offer";
    bytes32 internal constant STORE_OFFERS = "stores";

    uint40 private constant MAX_DELAY = 365 days;

    /// @inheritdoc IStoreRegistry
    /// @dev Guardian 0 = none, servicer 0 = none. Without a guardian no closed class is ever unlocked.
    function createPortfolio(bytes32 vault, address policy, address guardian, address servicer, uint40 delay) external returns (uint64 id) {
        if (vault == 0) revert VaultInvalid();
        if (delay > MAX_DELAY) revert DelayOutOfRange(delay);
        bytes4 interfaceId = _checked(policy);

        id = ++_portfolioCount;
        Portfolio storage portfolio = _portfolios[id];
        portfolio.owner = msg.sender;
        portfolio.tenure = 1;
        portfolio.delay = delay;
        portfolio.vault = vault;
        _seat(portfolio, policy, interfaceId, guardian, servicer);
        emit PortfolioCreated(id, msg.sender, vault);
        _announce(id, portfolio);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev It can be accepted after the delay. A new offer replaces the old one and its time.
    function offerPortfolio(uint64 portfolio, address to) external {
        Portfolio storage state = _ownedBySender(portfolio);
        state.offeredTo = to;
        state.offeredFrom = to == address(0) ? 0 : _after(state.delay);
        emit PortfolioOffered(portfolio, to);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Everything the old owner proposed, granted, unlocked or offered ends here. A pause stays: the new owner ends it.
    function acceptPortfolio(uint64 portfolio, address policy, address guardian, address servicer) external {
        Portfolio storage state = _known(portfolio);
        if (msg.sender != state.offeredTo) revert NotOffered(portfolio);
        if (block.timestamp < state.offeredFrom) revert OfferNotDue(state.offeredFrom);
        bytes4 interfaceId = _checked(policy);

        _tenureEnd[portfolio][state.tenure] = uint40(block.timestamp);
        state.owner = msg.sender;
        state.tenure += 1;
        delete state.offeredTo;
        delete state.offeredFrom;
        _seat(state, policy, interfaceId, guardian, servicer);
        _announce(portfolio, state);
    }

    /// @inheritdoc IStoreRegistry
    function proposePolicy(uint64 portfolio, address policy) external {
        Portfolio storage state = _ownedBySender(portfolio);
        bytes4 interfaceId = _checked(policy);
        if (state.policyChanges && _isDue(state.policyFrom)) {
            state.policy = state.nextPolicy;
            state.interfaceId = state.nextInterfaceId;
        }
        state.policyChanges = true;
        state.nextPolicy = policy;
        state.nextInterfaceId = interfaceId;
        state.policyFrom = _after(state.delay);
        emit PolicyProposed(portfolio, policy, interfaceId, state.policyFrom);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev 0 = none from then on.
    function setGuardian(uint64 portfolio, address guardian) external {
        Portfolio storage state = _ownedBySender(portfolio);
        state.guardian = _guardianOf(state);
        state.nextGuardian = guardian;
        state.guardianFrom = _after(state.delay);
        emit GuardianProposed(portfolio, guardian, state.guardianFrom);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev 0 = none from then on.
    function setServicer(uint64 portfolio, address servicer) external {
        Portfolio storage state = _ownedBySender(portfolio);
        state.servicer = _servicerOf(state);
        state.nextServicer = servicer;
        state.servicerFrom = _after(state.delay);
        emit ServicerProposed(portfolio, servicer, state.servicerFrom);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev By guardian or owner. `change` is the ASCII text "policy", "guardian", "servicer", "offer" (of the portfolio), "stores" (every offer of a
    /// store of it), or the id of a store whose status was to be loosened. An offer is never too late to cancel until it is accepted.
    function cancel(uint64 portfolio, bytes32 change) external {
        Portfolio storage state = _guardedBySender(portfolio);
        if (change == POLICY && state.policyChanges && !_isDue(state.policyFrom)) {
            _clearPolicyChange(state);
        } else if (change == GUARDIAN && state.guardianFrom > block.timestamp) {
            _clearGuardianChange(state);
        } else if (change == SERVICER && state.servicerFrom > block.timestamp) {
            _clearServicerChange(state);
        } else if (change == OFFER && state.offeredTo != address(0)) {
            delete state.offeredTo;
            delete state.offeredFrom;
            emit PortfolioOffered(portfolio, address(0));
        } else if (change == STORE_OFFERS) {
            state.storeOffers += 1;
        } else if (!_cancelLoosening(portfolio, change)) {
            revert NothingToCancel(change);
        }
        emit ChangeCancelled(portfolio, change, msg.sender);
    }

    /// Takes a store's pending looser status back; false = there is none of this portfolio.
    function _cancelLoosening(uint64 portfolio, bytes32 store) private returns (bool) {
        Loosening storage next = _loosenings[store];
        if (!_stores[store].loosens || next.portfolio != portfolio || _holds(next)) return false;
        _stores[store].loosens = false;
        delete _loosenings[store];
        return true;
    }

    function _seat(Portfolio storage portfolio, address policy, bytes4 interfaceId, address guardian, address servicer) private {
        portfolio.policy = policy;
        portfolio.interfaceId = interfaceId;
        portfolio.guardian = guardian;
        portfolio.servicer = servicer;
        _clearPolicyChange(portfolio);
        _clearGuardianChange(portfolio);
        _clearServicerChange(portfolio);
    }

    function _announce(uint64 id, Portfolio storage portfolio) private {
        emit PolicyProposed(id, portfolio.policy, portfolio.interfaceId, uint40(block.timestamp));
        emit GuardianProposed(id, portfolio.guardian, uint40(block.timestamp));
        emit ServicerProposed(id, portfolio.servicer, uint40(block.timestamp));
        emit TenureStarted(id, portfolio.owner, portfolio.tenure, portfolio.policy);
    }

    function _clearPolicyChange(Portfolio storage portfolio) private {
        portfolio.policyChanges = false;
        delete portfolio.nextPolicy;
        delete portfolio.nextInterfaceId;
        delete portfolio.policyFrom;
    }

    function _clearGuardianChange(Portfolio storage portfolio) private {
        delete portfolio.nextGuardian;
        delete portfolio.guardianFrom;
    }

    function _clearServicerChange(Portfolio storage portfolio) private {
        delete portfolio.nextServicer;
        delete portfolio.servicerFrom;
    }
}
