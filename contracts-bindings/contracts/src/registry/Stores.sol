// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreRegistry, Status, StoreRef, Subject} from "../Interfaces.sol";
import {RegistryState} from "./RegistryState.sol";

/// Stores by themselves: their moves, their pauses, their standing.
abstract contract Stores is RegistryState {
    /// The sender is not the servicer of the store's home.
    error NotServicer(uint64 portfolio);
    /// The store was not offered to this portfolio, the offer was withdrawn, or one of the three has changed hands since.
    error StoreNotOffered(bytes32 store, uint64 to);
    /// It can be accepted later: the guardian may still cancel.
    error StoreOfferNotDue(bytes32 store, uint40 from);
    /// A store can't be offered to the portfolio it is at home in.
    error AlreadyHome(bytes32 store);

    /// A looser status that will hold from `effective` on.
    event StatusProposed(bytes32 indexed store, Status indexed status, address indexed by, bytes32 reason, uint40 effective);

    /// One slot. It names both sides' tenures, so a sale of either in between ends it.
    struct StoreOffer {
        uint64 to; // 0 = none
        uint32 toTenure;
        uint32 tenure;
        uint32 round;
        uint40 from;
    }

    mapping(bytes32 store => StoreOffer) internal _storeOffers;

    /// @inheritdoc IStoreRegistry
    /// @dev `to` 0 withdraws. They can be accepted after the delay of their home.
    function offerStores(StoreRef[] calldata refs, uint64 to) external {
        uint32 toTenure = to == 0 ? 0 : _known(to).tenure;
        for (uint256 i = 0; i < refs.length; ++i) {
            Subject memory subject = _storeSubject(refs[i]);
            uint64 home = subject.portfolio;
            Portfolio storage state = _ownedBySender(home);
            if (to == home) revert AlreadyHome(subject.store);
            if (to == 0) {
                delete _storeOffers[subject.store];
            } else {
                _storeOffers[subject.store] = StoreOffer({
                    to: to, toTenure: toTenure, tenure: subject.tenure, round: state.storeOffers, from: _after(state.delay)
                });
            }
            emit StoreOffered(subject.store, home, to);
        }
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Status and pause go with the store. A status that was to be loosened and did not hold yet does not.
    function acceptStores(uint64 to, StoreRef[] calldata refs) external {
        uint32 toTenure = _ownedBySender(to).tenure;
        for (uint256 i = 0; i < refs.length; ++i) {
            Subject memory subject = _storeSubject(refs[i]);
            bytes32 id = subject.store;
            StoreOffer memory offer = _storeOffers[id];
            bool stands = offer.to == to && offer.toTenure == toTenure && offer.tenure == subject.tenure
                && offer.round == _portfolios[subject.portfolio].storeOffers;
            if (to == 0 || !stands) revert StoreNotOffered(id, to);
            if (block.timestamp < offer.from) revert StoreOfferNotDue(id, offer.from);

            uint32 tenure = (subject.tenure > toTenure ? subject.tenure : toTenure) + 1;
            Store memory store = _stores[id];
            _settle(id, store);
            (store.home, store.lead) = (to, tenure - toTenure);
            _stores[id] = store;
            delete _storeOffers[id];
            emit StoreMoved(id, subject.portfolio, to, tenure);
        }
    }

    /// @inheritdoc IStoreRegistry
    function pause(uint64 portfolio, StoreRef[] calldata refs) external {
        Portfolio storage state = _guardedBySender(portfolio);
        if (refs.length == 0) {
            state.pausedUntil = FOREVER;
            emit Paused(portfolio, 0, msg.sender, FOREVER);
        }
        for (uint256 i = 0; i < refs.length; ++i) {
            bytes32 store = _storeIn(portfolio, refs[i]);
            _stores[store].pausedUntil = FOREVER;
            emit Paused(portfolio, store, msg.sender, FOREVER);
        }
    }

    /// @inheritdoc IStoreRegistry
    /// @dev None = the pause of the whole portfolio; stores that were paused by themselves stay paused.
    function unpause(uint64 portfolio, StoreRef[] calldata refs) external {
        Portfolio storage state = _ownedBySender(portfolio);
        if (refs.length == 0) {
            state.pausedUntil = 0;
            emit Unpaused(portfolio, 0);
        }
        for (uint256 i = 0; i < refs.length; ++i) {
            bytes32 store = _storeIn(portfolio, refs[i]);
            _stores[store].pausedUntil = 0;
            emit Unpaused(portfolio, store);
        }
    }

    /// @inheritdoc IStoreRegistry
    /// @dev A status further on (Performing, Watch, Default, Closed) holds at once and takes back what was to be loosened; one further back holds after
    /// the delay of the store's home. The status it has already only takes back, and its time goes on.
    function setStatus(StoreRef[] calldata refs, Status status, bytes32 reason) external {
        uint64 checked = 0;
        uint40 from = 0;
        uint32 tenure = 0;
        for (uint256 i = 0; i < refs.length; ++i) {
            if (refs[i].salt == 0) revert StoreInvalid();
            bytes32 id = storeId(refs[i]);
            Store memory store = _stores[id];
            uint64 home = store.home == 0 ? refs[i].origin : store.home;
            if (home != checked) {
                Portfolio storage state = _known(home);
                if (msg.sender != _servicerOf(state)) revert NotServicer(home);
                (checked, from, tenure) = (home, _after(state.delay), state.tenure);
            }
            _settle(id, store);
            if (status < store.status) {
                store.loosens = true;
                _loosenings[id] = Loosening({status: status, from: from, portfolio: home, tenure: tenure});
                emit StatusProposed(id, status, msg.sender, reason, from);
            } else {
                if (status != store.status) (store.status, store.statusSince) = (status, uint40(block.timestamp));
                emit StatusChanged(id, status, msg.sender, reason);
            }
            _stores[id] = store;
        }
    }

    /// Makes the status that holds now the one that stands in the store, and ends what was to be loosened.
    function _settle(bytes32 id, Store memory store) private {
        if (!store.loosens) return;
        (store.status, store.statusSince) = _statusOf(id, store);
        delete _loosenings[id];
        store.loosens = false;
    }

    function _storeSubject(StoreRef calldata ref) private view returns (Subject memory subject) {
        if (ref.salt == 0) revert StoreInvalid();
        return subjectOf(ref);
    }
}
