// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicy, IStoreRegistry, IVaultRegistry, Request, Status, Subject} from "./Interfaces.sol";
import {IStoreRegistryView} from "./IStoreRegistryView.sol";
import {Portfolios} from "./registry/Portfolios.sol";
import {RegistryView} from "./registry/RegistryView.sol";
import {StrictCall} from "./StrictCall.sol";
import {StrictDecision} from "./StrictDecision.sol";

/// Who owns which stores, and the one entry that the enclave runs before it uses a credential.
///
/// Not upgradable, and nobody administers stores but their owners. A policy can only restrict: what is refused here is refused before it is asked.
contract StoreRegistry is Portfolios, RegistryView {
    /// The sender does not hold the breaker.
    error NotBreaker();
    /// The breaker was opened less than 30 days ago.
    error BreakerTooSoon(uint40 next);
    /// Agent 0 is the caller itself.
    error AgentInvalid();
    /// With less gas the caller could choose the answer of a policy.
    error TooLittleGas();

    /// @inheritdoc IStoreRegistry
    uint256 public constant AUTHORIZE_GAS = 5_000_000;
    /// @inheritdoc IStoreRegistry
    uint256 public constant POLICY_GAS = 3_000_000;
    uint256 private constant LIVE_GAS = 50_000;
    uint40 private constant BREAKER_LASTS = 7 days;
    uint40 private constant BREAKER_REST = 30 days;

    struct Breaker {
        address holder;
        uint40 openUntil;
        uint40 openedAt; // 0 = never
    }

    Breaker private _breaker;
    mapping(address caller => mapping(bytes32 agent => bool)) private _revoked;

    /// `vaultRegistry` says which images are live. The deployer holds the breaker and nothing else.
    /// Storage and not immutables, so that the code at the address is the published one to the last byte.
    constructor(IVaultRegistry vaultRegistry) {
        _vaultRegistry = vaultRegistry;
        _breaker.holder = msg.sender;
    }

    /// @inheritdoc IStoreRegistry
    function authorize(Request calldata request) external view returns (Decision memory decision, Subject memory subject) {
        uint40 storePausedUntil;
        (subject, storePausedUntil) = _locate(request.ref);
        decision.rule = _refusal(request, subject, storePausedUntil);
        if (decision.rule == 0) decision = _ask(request, subject);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Portfolios count from 1, so portfolio 0 in the events is the registry.
    function setBreaker(bool open) external {
        Breaker storage state = _breaker;
        if (msg.sender != state.holder) revert NotBreaker();
        if (!open) {
            state.openUntil = 0;
            emit Unpaused(0, 0);
            return;
        }
        uint40 next = _nextBreaker(state);
        if (block.timestamp < next) revert BreakerTooSoon(next);
        state.openedAt = uint40(block.timestamp);
        state.openUntil = _after(BREAKER_LASTS);
        emit Paused(0, 0, msg.sender, state.openUntil);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev For good: a key that was given away is not taken back.
    function revokeAgent(bytes32 agent) external {
        if (agent == 0) revert AgentInvalid();
        _revoked[msg.sender][agent] = true;
        emit AgentRevoked(msg.sender, agent);
    }

    /// @inheritdoc IStoreRegistryView
    function isRevoked(address caller, bytes32 agent) external view returns (bool) {
        return _revoked[caller][agent];
    }

    /// @inheritdoc IStoreRegistryView
    function breaker() external view returns (address holder, uint40 openUntil, uint40 next) {
        return (_breaker.holder, _breaker.openUntil, _nextBreaker(_breaker));
    }

    /// The first rule that refuses before any policy is asked; 0 = none. A Class outside the enum reverts, which is a refusal.
    function _refusal(Request calldata request, Subject memory subject, uint40 storePausedUntil) private view returns (bytes32) {
        if (request.class == Class.NONE) return "class.invalid";
        if (subject.owner == address(0)) return "portfolio.unknown";
        Portfolio storage portfolio = _portfolios[subject.portfolio];
        if (request.vault != portfolio.vault || !_isLive(request.vault, request.image)) return "vault.not_live";
        if (block.timestamp < _breaker.openUntil) return "breaker.open";
        if (block.timestamp < portfolio.pausedUntil) return "portfolio.paused";
        if (block.timestamp < storePausedUntil) return "store.paused";
        if (request.agent != 0 && _revoked[request.caller][request.agent]) return "agent.revoked";
        if (subject.status == Status.Closed) return "store.closed";
        return _closed(request, subject);
    }

    /// The policy's decision. A policy can't make `authorize` revert, nor make it return what is not exactly one Decision.
    function _ask(Request calldata request, Subject memory subject) private view returns (Decision memory decision) {
        address policy = _policyOf(_portfolios[subject.portfolio]);
        bytes memory question = abi.encodeCall(IStoreAccessPolicy.authorize, (request, subject));
        // A call gets at most 63/64 of what is left; with less than POLICY_GAS the answer would depend on the caller's gas.
        if (gasleft() < POLICY_GAS + POLICY_GAS / 32) revert TooLittleGas();
        return StrictDecision.ask(policy, POLICY_GAS, question);
    }

    function _isLive(bytes32 vault, bytes32 image) private view returns (bool) {
        return StrictCall.isTrue(address(_vaultRegistry), LIVE_GAS, abi.encodeCall(IVaultRegistry.isLive, (vault, image)));
    }

    function _nextBreaker(Breaker storage state) private view returns (uint40) {
        return state.openedAt == 0 ? 0 : state.openedAt + BREAKER_REST;
    }
}
