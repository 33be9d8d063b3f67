// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicy, IStoreRegistry, IVaultRegistry, Limit, Request, Status, StoreRef, Subject} from "./Interfaces.sol";
import {IERC165} from "./IERC165.sol";
import {StrictDecision} from "./StrictDecision.sol";

/// Who owns which stores, and the one entry that the enclave runs before it uses a credential.
/// This version has no moves of stores or portfolios, no change of policy and no unlocks: those functions revert, so what they would open stays shut.
contract StoreRegistry is IStoreRegistry {
    /// The function is named in the interface and not offered by this version of the contract.
    error Unsupported(string reason);
    error PortfolioUnknown(uint64 portfolio);
    error NotOwner(uint64 portfolio);
    error NotOwnerOrGuardian(uint64 portfolio);
    error NotServicer(uint64 portfolio);
    error NotBreaker();
    /// The breaker was opened less than 30 days ago.
    error BreakerTooSoon(uint40 next);
    error VaultInvalid();
    error DelayOutOfRange(uint40 delay);
    /// No code, or it does not say by ERC-165 that it is an IStoreAccessPolicy.
    error PolicyInvalid(address policy);
    /// Salt 0 is the portfolio, not a store.
    error StoreInvalid();
    /// The store is not of this portfolio.
    error NotInPortfolio(bytes32 store, uint64 portfolio);
    error AgentInvalid();
    /// Fewer gas would let the caller choose the answer of a policy.
    error TooLittleGas();

    /// @inheritdoc IStoreRegistry
    uint256 public constant AUTHORIZE_GAS = 5_000_000;
    /// @inheritdoc IStoreRegistry
    uint256 public constant POLICY_GAS = 3_000_000;
    uint256 private constant LIVE_GAS = 50_000;
    uint256 private constant ERC165_GAS = 30_000;
    uint40 private constant MAX_DELAY = 365 days;
    uint40 private constant BREAKER_LASTS = 7 days;
    uint40 private constant BREAKER_REST = 30 days;
    /// `until` of what does not end by itself.
    uint40 private constant FOREVER = type(uint40).max;
    /// The release of a login's one-time code: who has it is logged in outside the vault.
    bytes32 private constant LOGIN = keccak256("vault.otp");

    struct Portfolio {
        address owner; // 0 = unknown
        uint32 tenure;
        uint40 pausedUntil;
        address policy;
        bytes4 interfaceId;
        uint40 delay;
        bytes32 vault;
        address guardian;
        address servicer;
    }

    /// Exists only once a store's status changed or it was paused.
    struct Store {
        Status status;
        uint40 statusSince;
        uint40 pausedUntil;
    }

    struct Breaker {
        address holder;
        uint40 openUntil;
        uint40 openedAt; // 0 = never
    }

    IVaultRegistry private _vaultRegistry;
    Breaker private _breaker;
    uint64 private _portfolioCount;
    mapping(uint64 portfolio => Portfolio) private _portfolios;
    mapping(bytes32 store => Store) private _stores;
    mapping(address caller => mapping(bytes32 agent => bool)) private _revoked;

    /// `vaultRegistry` says which images are live. The deployer holds the breaker and nothing else.
    /// Storage and not immutables, so that the code at the address is the published one to the last byte.
    constructor(IVaultRegistry vaultRegistry) {
        _vaultRegistry = vaultRegistry;
        _breaker.holder = msg.sender;
    }

    /// @inheritdoc IStoreRegistry
    function authorize(Request calldata request) external view returns (Decision memory decision, Subject memory subject) {
        subject = subjectOf(request.ref);
        decision.rule = _refusal(request, subject);
        if (decision.rule == 0) decision = _ask(request, subject);
    }

    /// @inheritdoc IStoreRegistry
    function storeId(StoreRef calldata ref) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), ref.origin, ref.salt));
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Owner 0 = no such portfolio.
    function subjectOf(StoreRef calldata ref) public view returns (Subject memory subject) {
        subject.store = storeId(ref);
        subject.portfolio = ref.origin;
        Portfolio storage portfolio = _portfolios[ref.origin];
        subject.owner = portfolio.owner;
        subject.tenure = portfolio.tenure;
        Store storage store = _stores[subject.store];
        subject.status = store.status;
        subject.statusSince = store.statusSince;
    }

    /// @inheritdoc IStoreRegistry
    function createPortfolio(bytes32 vault, address policy, address guardian, address servicer, uint40 delay) external returns (uint64 id) {
        if (vault == 0) revert VaultInvalid();
        if (delay > MAX_DELAY) revert DelayOutOfRange(delay);
        bytes4 interfaceId = type(IStoreAccessPolicy).interfaceId;
        if (!_supports(policy, interfaceId)) revert PolicyInvalid(policy);

        id = ++_portfolioCount;
        Portfolio storage portfolio = _portfolios[id];
        portfolio.owner = msg.sender;
        portfolio.tenure = 1;
        portfolio.policy = policy;
        portfolio.interfaceId = interfaceId;
        portfolio.delay = delay;
        portfolio.vault = vault;
        portfolio.guardian = guardian;
        portfolio.servicer = servicer;
        emit PortfolioCreated(id, msg.sender, vault);
        emit PolicyProposed(id, policy, interfaceId, uint40(block.timestamp));
        emit TenureStarted(id, msg.sender, 1, policy);
    }

    /// @inheritdoc IStoreRegistry
    function pause(uint64 portfolio, StoreRef[] calldata refs) external {
        Portfolio storage state = _known(portfolio);
        if (msg.sender != state.owner && msg.sender != state.guardian) revert NotOwnerOrGuardian(portfolio);
        if (refs.length == 0) {
            state.pausedUntil = FOREVER;
            emit Paused(portfolio, 0, msg.sender, FOREVER);
        }
        for (uint256 i = 0; i < refs.length; ++i) {
            bytes32 store = _storeOf(portfolio, refs[i]);
            _stores[store].pausedUntil = FOREVER;
            emit Paused(portfolio, store, msg.sender, FOREVER);
        }
    }

    /// @inheritdoc IStoreRegistry
    /// @dev None = the pause of the whole portfolio; stores that were paused by themselves stay paused.
    function unpause(uint64 portfolio, StoreRef[] calldata refs) external {
        Portfolio storage state = _known(portfolio);
        if (msg.sender != state.owner) revert NotOwner(portfolio);
        if (refs.length == 0) {
            state.pausedUntil = 0;
            emit Unpaused(portfolio, 0);
        }
        for (uint256 i = 0; i < refs.length; ++i) {
            bytes32 store = _storeOf(portfolio, refs[i]);
            _stores[store].pausedUntil = 0;
            emit Unpaused(portfolio, store);
        }
    }

    /// @inheritdoc IStoreRegistry
    /// @dev Portfolios count from 1, so portfolio 0 in the events is the registry.
    function setBreaker(bool open) external {
        Breaker storage breaker = _breaker;
        if (msg.sender != breaker.holder) revert NotBreaker();
        if (!open) {
            breaker.openUntil = 0;
            emit Unpaused(0, 0);
            return;
        }
        uint40 now_ = uint40(block.timestamp);
        uint40 next = breaker.openedAt + BREAKER_REST;
        if (breaker.openedAt != 0 && now_ < next) revert BreakerTooSoon(next);
        breaker.openedAt = now_;
        breaker.openUntil = now_ + BREAKER_LASTS;
        emit Paused(0, 0, msg.sender, now_ + BREAKER_LASTS);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev A closed store stays closed: reopening loosens, and this version has no delayed changes.
    function setStatus(StoreRef[] calldata refs, Status status, bytes32 reason) external {
        for (uint256 i = 0; i < refs.length; ++i) {
            StoreRef calldata ref = refs[i];
            if (msg.sender != _known(ref.origin).servicer) revert NotServicer(ref.origin);
            bytes32 id = _storeOf(ref.origin, ref);
            Store storage store = _stores[id];
            if (store.status == Status.Closed && status != Status.Closed) revert Unsupported("status.reopen");
            store.status = status;
            store.statusSince = uint40(block.timestamp);
            emit StatusChanged(id, status, msg.sender, reason);
        }
    }

    /// @inheritdoc IStoreRegistry
    function revokeAgent(bytes32 agent) external {
        if (agent == 0) revert AgentInvalid();
        _revoked[msg.sender][agent] = true;
        emit AgentRevoked(msg.sender, agent);
    }

    /// @inheritdoc IStoreRegistry
    function offerPortfolio(uint64 portfolio, address to) external pure {
        revert Unsupported("portfolio.transfer");
    }

    /// @inheritdoc IStoreRegistry
    function acceptPortfolio(uint64 portfolio, address policy, address guardian, address servicer) external pure {
        revert Unsupported("portfolio.transfer");
    }

    /// @inheritdoc IStoreRegistry
    function offerStores(StoreRef[] calldata refs, uint64 to) external pure {
        revert Unsupported("store.transfer");
    }

    /// @inheritdoc IStoreRegistry
    function acceptStores(uint64 to, StoreRef[] calldata refs) external pure {
        revert Unsupported("store.transfer");
    }

    /// @inheritdoc IStoreRegistry
    function proposePolicy(uint64 portfolio, address policy) external pure {
        revert Unsupported("policy.change");
    }

    /// @inheritdoc IStoreRegistry
    function setGuardian(uint64 portfolio, address guardian) external pure {
        revert Unsupported("guardian.change");
    }

    /// @inheritdoc IStoreRegistry
    function setServicer(uint64 portfolio, address servicer) external pure {
        revert Unsupported("servicer.change");
    }

    /// @inheritdoc IStoreRegistry
    function cancel(uint64 portfolio, bytes32 change) external pure {
        revert Unsupported("change.cancel");
    }

    /// @inheritdoc IStoreRegistry
    function proposeUnlock(uint64 portfolio, StoreRef calldata ref, bytes32 operation, uint40 until) external pure {
        revert Unsupported("unlock");
    }

    /// @inheritdoc IStoreRegistry
    function vetoUnlock(uint64 portfolio, StoreRef calldata ref, bytes32 operation) external pure {
        revert Unsupported("unlock");
    }

    /// The first rule that refuses before any policy is asked; 0 = none. A Class outside the enum reverts, which is a refusal.
    function _refusal(Request calldata request, Subject memory subject) private view returns (bytes32) {
        Class class = request.class;
        if (class == Class.NONE) return "class.invalid";
        if (subject.owner == address(0)) return "portfolio.unknown";
        Portfolio storage portfolio = _portfolios[subject.portfolio];
        if (request.vault != portfolio.vault || !_isLive(request.vault, request.image)) return "vault.not_live";
        if (block.timestamp < _breaker.openUntil) return "breaker.open";
        if (block.timestamp < portfolio.pausedUntil) return "portfolio.paused";
        if (block.timestamp < _stores[subject.store].pausedUntil) return "store.paused";
        if (request.agent != 0 && _revoked[request.caller][request.agent]) return "agent.revoked";
        if (subject.status == Status.Closed) return "store.closed";
        if (class == Class.ROUTING) return "closed.routing";
        if (class == Class.MINT) return "closed.mint";
        if (class == Class.AUTHZ) return "closed.authz";
        if (class == Class.EXPORT) return "closed.export";
        if (request.operation == LOGIN) return "closed.login";
        return 0;
    }

    /// The policy's decision. A policy can't make `authorize` revert, nor make it return what is not exactly one Decision.
    function _ask(Request calldata request, Subject memory subject) private view returns (Decision memory decision) {
        address policy = _portfolios[subject.portfolio].policy;
        bytes memory question = abi.encodeCall(IStoreAccessPolicy.authorize, (request, subject));
        // A call gets at most 63/64 of what is left; with less than POLICY_GAS the answer would depend on the caller's gas.
        if (gasleft() < POLICY_GAS + POLICY_GAS / 32) revert TooLittleGas();
        return StrictDecision.ask(policy, POLICY_GAS, question);
    }

    function _isLive(bytes32 vault, bytes32 image) private view returns (bool) {
        return _true(address(_vaultRegistry), LIVE_GAS, abi.encodeCall(IVaultRegistry.isLive, (vault, image)));
    }

    function _supports(address account, bytes4 interfaceId) private view returns (bool) {
        return _true(account, ERC165_GAS, abi.encodeCall(IERC165.supportsInterface, (type(IERC165).interfaceId)))
            && _true(account, ERC165_GAS, abi.encodeCall(IERC165.supportsInterface, (interfaceId)))
            && !_true(account, ERC165_GAS, abi.encodeCall(IERC165.supportsInterface, (bytes4(0xffffffff))));
    }

    /// Whether `account` answers `question` with exactly the word 1. No code, a revert, a short or a dirty answer are no.
    function _true(address account, uint256 gas_, bytes memory question) private view returns (bool yes) {
        assembly ("memory-safe") {
            mstore(0, 0)
            let success := staticcall(gas_, account, add(question, 32), mload(question), 0, 32)
            yes := and(success, and(eq(returndatasize(), 32), eq(mload(0), 1)))
        }
    }

    function _known(uint64 portfolio) private view returns (Portfolio storage state) {
        state = _portfolios[portfolio];
        if (state.owner == address(0)) revert PortfolioUnknown(portfolio);
    }

    function _storeOf(uint64 portfolio, StoreRef calldata ref) private view returns (bytes32 store) {
        if (ref.salt == 0) revert StoreInvalid();
        store = storeId(ref);
        if (ref.origin != portfolio) revert NotInPortfolio(store, portfolio);
    }
}
