// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Status, StoreRef} from "./Interfaces.sol";

/// A portfolio as it stands in the block that is asked. What is proposed and does not hold yet is under `next` with the second from which it will.
struct PortfolioState {
    address owner;
    uint32 tenure;
    uint40 pausedUntil;
    uint40 delay;
    bytes32 vault;
    address policy;
    bytes4 interfaceId;
    address guardian;
    address servicer;
    address nextPolicy;
    uint40 policyFrom; // 0 = no change is pending; so of the next two
    address nextGuardian;
    uint40 guardianFrom;
    address nextServicer;
    uint40 servicerFrom;
    address offeredTo; // 0 = not offered
    uint40 offeredFrom;
}

/// A store as it stands in the block that is asked.
struct StoreState {
    bytes32 store;
    uint64 portfolio;
    uint32 tenure;
    Status status;
    uint40 statusSince;
    uint40 pausedUntil;
    Status nextStatus; // looser; meant only if the next is not 0
    uint40 nextStatusFrom;
    uint64 offeredTo; // 0 = not offered, or withdrawn
    uint40 offeredFrom;
}

/// What owners, guardians and policies ask the registry beside `authorize`. Nothing here decides anything.
interface IStoreRegistryView {
    /// All zeros = no such portfolio.
    function portfolioOf(uint64 portfolio) external view returns (PortfolioState memory);

    /// Salt 0 is the portfolio itself.
    function storeOf(StoreRef calldata ref) external view returns (StoreState memory);

    /// The tenure of a portfolio (`store` 0), or the one that `Subject` gives for a store of it. For a store that never left the portfolio it was made
    /// in they are the same; for one that came from elsewhere the store's is greater.
    function tenureOf(uint64 portfolio, bytes32 store) external view returns (uint32);

    /// The unlock of this tenure: open from `from` until before `until`; both 0 = none. `vetoedAt` 0 = never.
    function unlockOf(StoreRef calldata ref, bytes32 operation) external view returns (uint40 from, uint40 until, uint40 vetoedAt);

    /// Whether the caller revoked this agent.
    function isRevoked(address caller, bytes32 agent) external view returns (bool);

    /// Who holds the breaker, until when it is open, and when it may be opened again.
    function breaker() external view returns (address holder, uint40 openUntil, uint40 next);
}
