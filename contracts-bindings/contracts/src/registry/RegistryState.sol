// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IStoreAccessPolicy, IStoreRegistry, IVaultRegistry, Status, StoreRef, Subject} from "../Interfaces.sol";
import {StrictCall} from "../StrictCall.sol";

/// What the registry holds, and what of it is in force now.
///
/// A delayed change is written once, with the second from which it holds, and needs no second transaction: every reader compares that second
/// with the block's. Nobody has to be awake for it to take effect, and a guardian who is awake can cancel it until then.
abstract contract RegistryState is IStoreRegistry {
    /// No portfolio has this number.
    error PortfolioUnknown(uint64 portfolio);
    /// The sender does not own it.
    error NotOwner(uint64 portfolio);
    /// The sender is neither its owner nor its guardian.
    error NotOwnerOrGuardian(uint64 portfolio);
    /// No code, or it does not say by ERC-165 that it is an IStoreAccessPolicy.
    error PolicyInvalid(address policy);
    /// Salt 0 is the portfolio, not a store.
    error StoreInvalid();
    /// The store is not at home in this portfolio.
    error NotInPortfolio(bytes32 store, uint64 portfolio);

    /// A change of a portfolio or of a store's status was taken back before it held.
    event ChangeCancelled(uint64 indexed portfolio, bytes32 indexed change, address indexed by);

    /// `until` of what does not end by itself.
    uint40 internal constant FOREVER = type(uint40).max;

    /// The first three slots are what a call reads.
    struct Portfolio {
        address owner; // 0 = unknown
        uint32 tenure;
        uint40 pausedUntil;
        // next slot
        address policy;
        bytes4 interfaceId;
        uint40 delay;
        bool policyChanges; // whether `next` says anything of the policy, so that a call need not read it
        // next slot
        bytes32 vault;
        // next slot
        address nextPolicy;
        bytes4 nextInterfaceId;
        uint40 policyFrom;
        // next slot
        address guardian;
        uint32 storeOffers; // offers of stores made under an older number are withdrawn
        // next slot
        address nextGuardian;
        uint40 guardianFrom; // 0 = no change
        // next slot
        address servicer;
        // next slot
        address nextServicer;
        uint40 servicerFrom; // 0 = no change
        // next slot
        address offeredTo; // 0 = not offered
        uint40 offeredFrom; // when it can be accepted
    }

    /// All zeros until a store's status changed, it was paused, or it left its portfolio: 15,000 stores cost nothing. One slot.
    struct Store {
        Status status;
        bool loosens; // whether `_loosenings` has a looser status that may hold by now
        uint40 statusSince;
        uint40 pausedUntil;
        uint64 home; // 0 = where it was made
        uint32 lead; // by how much its tenure is ahead of its home's
    }

    /// A looser status that is to hold. One slot.
    struct Loosening {
        Status status;
        uint40 from;
        uint64 portfolio;
        uint32 tenure; // the portfolio's when it was proposed
    }

    IVaultRegistry internal _vaultRegistry;
    uint64 internal _portfolioCount;
    mapping(uint64 portfolio => Portfolio) internal _portfolios;
    /// When a tenure of a portfolio was over; 0 = it is not.
    mapping(uint64 portfolio => mapping(uint32 tenure => uint40)) internal _tenureEnd;
    mapping(bytes32 store => Store) internal _stores;
    mapping(bytes32 store => Loosening) internal _loosenings;

    /// @inheritdoc IStoreRegistry
    function storeId(StoreRef calldata ref) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), ref.origin, ref.salt));
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Owner 0 = no such portfolio. A store that never moved has its portfolio's tenure. At each change of hands a store's tenure grows,
    /// and it never has the same one twice: what was keyed by it, here or in a policy, is dead.
    function subjectOf(StoreRef calldata ref) public view returns (Subject memory subject) {
        (subject,) = _locate(ref);
    }

    /// The store's subject, and until when it is paused by itself. The portfolio (salt 0) has no status and no pause of its own kind.
    function _locate(StoreRef calldata ref) internal view returns (Subject memory subject, uint40 pausedUntil) {
        subject.store = storeId(ref);
        subject.portfolio = ref.origin;
        uint32 lead;
        if (ref.salt != 0) {
            Store memory store = _stores[subject.store];
            if (store.home != 0) subject.portfolio = store.home;
            (subject.status, subject.statusSince) = _statusOf(subject.store, store);
            pausedUntil = store.pausedUntil;
            lead = store.lead;
        }
        Portfolio storage home = _portfolios[subject.portfolio];
        subject.owner = home.owner;
        subject.tenure = home.tenure + lead;
    }

    /// The status now, and since when.
    function _statusOf(bytes32 id, Store memory store) internal view returns (Status status, uint40 since) {
        if (store.loosens) {
            Loosening storage next = _loosenings[id];
            if (_holds(next)) return (next.status, next.from);
        }
        return (store.status, store.statusSince);
    }

    /// A loosening holds from its second on, unless the tenure in which it was proposed was over before.
    function _holds(Loosening storage next) internal view returns (bool) {
        uint40 end = _tenureEnd[next.portfolio][next.tenure];
        return block.timestamp >= next.from && (end == 0 || next.from <= end);
    }

    function _policyOf(Portfolio storage portfolio) internal view returns (address) {
        return portfolio.policyChanges && _isDue(portfolio.policyFrom) ? portfolio.nextPolicy : portfolio.policy;
    }

    function _guardianOf(Portfolio storage portfolio) internal view returns (address) {
        return _isDue(portfolio.guardianFrom) ? portfolio.nextGuardian : portfolio.guardian;
    }

    function _servicerOf(Portfolio storage portfolio) internal view returns (address) {
        return _isDue(portfolio.servicerFrom) ? portfolio.nextServicer : portfolio.servicer;
    }

    function _isDue(uint40 from) internal view returns (bool) {
        return from != 0 && block.timestamp >= from;
    }

    /// The second at which a change that is proposed now holds.
    function _after(uint40 delay) internal view returns (uint40) {
        return uint40(block.timestamp) + delay;
    }

    function _known(uint64 portfolio) internal view returns (Portfolio storage state) {
        state = _portfolios[portfolio];
        if (state.owner == address(0)) revert PortfolioUnknown(portfolio);
    }

    function _ownedBySender(uint64 portfolio) internal view returns (Portfolio storage state) {
        state = _known(portfolio);
        if (msg.sender != state.owner) revert NotOwner(portfolio);
    }

    function _guardedBySender(uint64 portfolio) internal view returns (Portfolio storage state) {
        state = _known(portfolio);
        if (msg.sender != state.owner && msg.sender != _guardianOf(state)) revert NotOwnerOrGuardian(portfolio);
    }

    /// The id of a store at home in this portfolio.
    function _storeIn(uint64 portfolio, StoreRef calldata ref) internal view returns (bytes32 id) {
        if (ref.salt == 0) revert StoreInvalid();
        id = storeId(ref);
        uint64 home = _stores[id].home;
        if ((home == 0 ? ref.origin : home) != portfolio) revert NotInPortfolio(id, portfolio);
    }

    /// The interface id under which the registry will ask the policy.
    function _checked(address policy) internal view returns (bytes4 interfaceId) {
        interfaceId = type(IStoreAccessPolicy).interfaceId;
        bool supported = StrictCall.declares(policy, type(IERC165).interfaceId) && StrictCall.declares(policy, interfaceId)
            && !StrictCall.declares(policy, 0xffffffff);
        if (!supported) revert PolicyInvalid(policy);
    }
}
