// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicyAdmin, Request, Status, StoreRef, Subject} from "../../src/Interfaces.sol";
import {vm} from "../support/Vm.sol";
import {World} from "../support/World.sol";

/// Anybody does anything at any time. What was rightly done is noted here, apart from the contracts, and compared by the checks.
contract RegistryHandler is World {
    bytes32 private constant OPERATION = keccak256("shopify.mutation.payout");
    address[5] private actors = [OWNER, GUARDIAN, SERVICER, BUYER, STRANGER];

    /// What is known of a portfolio: 0 = under the reference policy, 1 = under one that allows everything, 2 = where stores may go.
    struct Known {
        uint64 portfolio;
        address owner;
        address offeredTo;
        uint40 offeredAt;
        bool paused;
        uint256 sales;
    }

    Known[3] private _known;
    /// Set when a portfolio changed hands otherwise than it may.
    bool private _oneStep;
    bool private _storePaused;
    bool private _denied;
    /// The stay of the store in which a grant was made: (home, sales of the home, moves of the store).
    bytes32 private _grantedStore;
    bytes32 private _grantedAll;
    uint256 private _home;
    uint256 private _moves;
    uint40 private _unlockProposedAt;
    uint40 private _unlockUntil;
    uint256 private _unlockSales;

    constructor() {
        build();
        bytes32[] memory ids = _ids(anyRead());
        vm.prank(OWNER);
        policy.revoke(portfolio, ids);
        _known[0] = Known(portfolio, OWNER, address(0), 0, false, 0);
        _known[1] = Known(newPortfolio(OWNER, address(yes), GUARDIAN, DELAY), OWNER, address(0), 0, false, 0);
        _known[2] = Known(newPortfolio(BUYER, address(policy), GUARDIAN, DELAY), BUYER, address(0), 0, false, 0);
    }

    function _ids(IStoreAccessPolicyAdmin.Grant memory given) private view returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = policy.grantIdOf(portfolio, given.subject, given.store, given.what);
    }

    function _actor(uint8 actor) private view returns (address) {
        return actors[actor % actors.length];
    }

    /// Mostly the one who may, or nearly every step would be refused.
    function _by(address likely, uint8 actor) private view returns (address) {
        return actor < 160 && likely != address(0) ? likely : _actor(actor);
    }

    function _stay() private view returns (bytes32) {
        return keccak256(abi.encode(_home, _known[_home].sales, _moves));
    }

    // ---- what anybody may try

    function wait(uint32 time) external {
        wait_(time % 3 days);
    }

    function offer(uint8 which, uint8 actor, uint8 to) external {
        Known storage known = _known[which % 3];
        vm.prank(_by(known.owner, actor));
        registry.offerPortfolio(known.portfolio, _actor(to));
        (known.offeredTo, known.offeredAt) = (_actor(to), now_);
    }

    function accept(uint8 which, uint8 actor) external {
        Known storage known = _known[which % 3];
        address by = _by(known.offeredTo, actor);
        vm.prank(by);
        registry.acceptPortfolio(known.portfolio, which % 3 == 1 ? address(yes) : address(policy), GUARDIAN, SERVICER);
        if (known.offeredTo != by || now_ < known.offeredAt + DELAY) _oneStep = true;
        known.owner = by;
        known.offeredTo = address(0);
        known.sales += 1;
        if (which % 3 == 0 || which % 3 == _home) _denied = false;
    }

    function cancelOffer(uint8 which, uint8 actor) external {
        vm.prank(_actor(actor));
        registry.cancel(_known[which % 3].portfolio, "offer");
        _known[which % 3].offeredTo = address(0);
    }

    function offerStore(uint8 actor, bool there) external {
        vm.prank(_by(_known[_home].owner, actor));
        registry.offerStores(refs(store()), _known[there ? 2 : 0].portfolio);
    }

    function acceptStore(uint8 actor, bool there) external {
        uint256 to = there ? 2 : 0;
        address by = _by(_known[to].owner, actor);
        vm.prank(by);
        registry.acceptStores(_known[to].portfolio, refs(store()));
        if (_known[to].owner != by || _home == to) _oneStep = true;
        _home = to;
        _moves += 1;
        _denied = false;
    }

    function pause(uint8 which, uint8 actor, bool paused) external {
        vm.prank(_by(_known[which % 3].owner, actor));
        if (paused) registry.pause(_known[which % 3].portfolio, none());
        else registry.unpause(_known[which % 3].portfolio, none());
        _known[which % 3].paused = paused;
    }

    function pauseStore(uint8 actor, bool paused) external {
        vm.prank(_by(_known[_home].owner, actor));
        if (paused) registry.pause(_known[_home].portfolio, refs(store()));
        else registry.unpause(_known[_home].portfolio, refs(store()));
        _storePaused = paused;
    }

    function status(uint8 actor, uint8 to) external {
        vm.prank(_by(SERVICER, actor));
        registry.setStatus(refs(store()), Status(to % 3), 0);
    }

    function grantAll(uint8 actor) external {
        _grant(actor, 0);
        _grantedAll = keccak256(abi.encode(_home, _known[_home].sales));
    }

    function grantStore(uint8 actor) external {
        _grant(actor, id());
        _grantedStore = _stay();
    }

    function _grant(uint8 actor, bytes32 named) private {
        IStoreAccessPolicyAdmin.Grant[] memory list = new IStoreAccessPolicyAdmin.Grant[](1);
        list[0] = anyRead();
        list[0].statuses = 15;
        list[0].store = named;
        vm.prank(_by(_known[_home].owner, actor));
        policy.grant(_known[_home].portfolio, list);
    }

    function deny(uint8 actor, bool denied) external {
        vm.prank(_by(_known[_home].owner, actor));
        policy.setDenied(_known[_home].portfolio, 0, bytes32(uint256(uint160(CALLER))), denied);
        _denied = denied;
    }

    function unlock(uint8 actor, uint32 lasts) external {
        uint40 until = now_ + DELAY + 1 + lasts % 20 days;
        vm.prank(_by(_known[1].owner, actor));
        registry.proposeUnlock(_known[1].portfolio, StoreRef(_known[1].portfolio, SALT), OPERATION, until);
        (_unlockProposedAt, _unlockUntil, _unlockSales) = (now_, until, _known[1].sales);
    }

    function veto(uint8 actor) external {
        vm.prank(_actor(actor));
        registry.vetoUnlock(_known[1].portfolio, StoreRef(_known[1].portfolio, SALT), OPERATION);
        _unlockUntil = 0;
    }

    function changeGuardian(uint8 which, uint8 actor, uint8 to) external {
        vm.prank(_actor(actor));
        registry.setGuardian(_known[which % 3].portfolio, _actor(to));
    }

    // ---- what must hold

    /// Under a policy that says yes to everything.
    function checkClosed() external view {
        Request memory asked = request();
        asked.ref.origin = _known[1].portfolio;
        asked.operation = OPERATION;
        bool open = _unlockUntil != 0 && now_ >= _unlockProposedAt + 2 days && now_ < _unlockUntil && _unlockSales == _known[1].sales;
        Class[4] memory closed = [Class.ROUTING, Class.MINT, Class.AUTHZ, Class.EXPORT];
        for (uint256 i = 0; i < 4; ++i) {
            asked.class = closed[i];
            require(!authorize(asked).allowed || open, "closed class is open");
        }
        asked.operation = LOGIN;
        asked.class = Class.READ;
        require(!authorize(asked).allowed, "login is open");
    }

    function checkPaused() external view {
        Request memory asked = request();
        if (_known[_home].paused || _storePaused) require(!authorize(asked).allowed, "paused store is used");
        asked.ref.origin = _known[1].portfolio;
        require(authorize(asked).allowed != _known[1].paused, "a pause is what stops a policy that says yes, and all that does");
    }

    function checkDenied() external view {
        if (_denied) require(!authorize(request()).allowed, "a grant beats a denial");
    }

    function checkTwoSteps() external view {
        require(!_oneStep, "changed hands in one step");
        for (uint256 i = 0; i < 3; ++i) {
            require(registry.portfolioOf(_known[i].portfolio).owner == _known[i].owner, "another owner");
        }
    }

    function checkTenure() external view {
        bool mayBe = _grantedStore == _stay() || _grantedAll == keccak256(abi.encode(_home, _known[_home].sales));
        Decision memory decision = authorize(request());
        require(!decision.allowed || mayBe, "a grant of an old tenure");
        Subject memory subject = registry.subjectOf(store());
        require(subject.portfolio == _known[_home].portfolio && subject.owner == _known[_home].owner, "another home");
    }
}
