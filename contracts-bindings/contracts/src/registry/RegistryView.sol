// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StoreRef, Subject} from "../Interfaces.sol";
import {IStoreRegistryView, PortfolioState, StoreState} from "../IStoreRegistryView.sol";
import {Stores} from "./Stores.sol";
import {Unlocks} from "./Unlocks.sol";

/// What can be read, as it stands in the block that is asked.
abstract contract RegistryView is Stores, Unlocks, IStoreRegistryView {
    /// @inheritdoc IStoreRegistryView
    function portfolioOf(uint64 portfolio) external view returns (PortfolioState memory shown) {
        Portfolio memory state = _portfolios[portfolio];
        shown.owner = state.owner;
        shown.tenure = state.tenure;
        shown.pausedUntil = state.pausedUntil;
        shown.delay = state.delay;
        shown.vault = state.vault;
        shown.policy = _policyOf(_portfolios[portfolio]);
        shown.interfaceId = state.policyChanges && _isDue(state.policyFrom) ? state.nextInterfaceId : state.interfaceId;
        shown.guardian = _guardianOf(_portfolios[portfolio]);
        shown.servicer = _servicerOf(_portfolios[portfolio]);
        if (state.policyFrom > block.timestamp) (shown.nextPolicy, shown.policyFrom) = (state.nextPolicy, state.policyFrom);
        if (state.guardianFrom > block.timestamp) (shown.nextGuardian, shown.guardianFrom) = (state.nextGuardian, state.guardianFrom);
        if (state.servicerFrom > block.timestamp) (shown.nextServicer, shown.servicerFrom) = (state.nextServicer, state.servicerFrom);
        shown.offeredTo = state.offeredTo;
        shown.offeredFrom = state.offeredFrom;
    }

    /// @inheritdoc IStoreRegistryView
    function storeOf(StoreRef calldata ref) external view returns (StoreState memory shown) {
        (Subject memory subject, uint40 pausedUntil) = _locate(ref);
        shown.store = subject.store;
        shown.portfolio = subject.portfolio;
        shown.tenure = subject.tenure;
        shown.status = subject.status;
        shown.statusSince = subject.statusSince;
        shown.pausedUntil = pausedUntil;
        if (_stores[subject.store].loosens && !_holds(_loosenings[subject.store])) _showLoosening(shown);
        StoreOffer memory offer = _storeOffers[subject.store];
        bool stands = offer.tenure == subject.tenure && offer.round == _portfolios[subject.portfolio].storeOffers
            && offer.toTenure == _portfolios[offer.to].tenure;
        if (offer.to != 0 && stands) (shown.offeredTo, shown.offeredFrom) = (offer.to, offer.from);
    }

    /// @inheritdoc IStoreRegistryView
    function tenureOf(uint64 portfolio, bytes32 store) external view returns (uint32) {
        uint32 tenure = _portfolios[portfolio].tenure;
        // A policy asks for the portfolio's at every call, and each slot that is read is a proof.
        if (store == 0) return tenure;
        Store storage state = _stores[store];
        return state.home == portfolio ? tenure + state.lead : tenure;
    }

    /// @inheritdoc IStoreRegistryView
    function unlockOf(StoreRef calldata ref, bytes32 operation) external view returns (uint40 from, uint40 until, uint40 vetoedAt) {
        Unlock memory unlock = _unlocks[_unlockKey(subjectOf(ref), operation)];
        return (unlock.from, unlock.until, unlock.vetoedAt);
    }

    /// A loosening that died with its tenure is not to come.
    function _showLoosening(StoreState memory shown) private view {
        Loosening memory next = _loosenings[shown.store];
        if (_tenureEnd[next.portfolio][next.tenure] == 0) (shown.nextStatus, shown.nextStatusFrom) = (next.status, next.from);
    }
}
