// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, IStoreAccessPolicyAdmin, IStoreRegistry, Request, Status, StoreRef} from "../src/Interfaces.sol";
import {RegistryState} from "../src/registry/RegistryState.sol";
import {Unlocks} from "../src/registry/Unlocks.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Closed classes, under a policy that allows everything.
contract UnlocksTest is InWorld {
    bytes32 private constant OPERATION = keccak256("shopify.mutation.payout");
    Class[4] private closed = [Class.ROUTING, Class.MINT, Class.AUTHZ, Class.EXPORT];
    bytes32[4] private rules = [bytes32("closed.routing"), "closed.mint", "closed.authz", "closed.export"];

    function setUp() public override {
        super.setUp();
        portfolio = newPortfolio(OWNER, address(yes), GUARDIAN, DELAY);
    }

    function _asked(Class class) private view returns (Request memory asked) {
        asked = request();
        asked.operation = OPERATION;
        asked.class = class;
    }

    function _propose(uint40 until) private {
        vm.prank(OWNER);
        registry.proposeUnlock(portfolio, store(), OPERATION, until);
    }

    function _veto(address by) private {
        vm.prank(by);
        registry.vetoUnlock(portfolio, store(), OPERATION);
    }

    function test_a_policy_that_says_yes_opens_no_closed_class() external view {
        for (uint256 i = 0; i < 4; ++i) assertRefused(_asked(closed[i]), rules[i]);
        Request memory login = request();
        login.operation = LOGIN;
        assertRefused(login, "closed.login");
        assertAllowed(_asked(Class.VALUE));
        assertAllowed(_asked(Class.CREDENTIAL));
    }

    function testFuzz_an_unlock_opens_from_its_second_until_its_last(uint8 class, uint40 delay, uint40 lasts, uint40 when) external {
        delay = delay % 60 days;
        lasts = 1 + lasts % 30 days;
        portfolio = newPortfolio(OWNER, address(yes), GUARDIAN, delay);
        uint40 from = now_ + (delay < 2 days ? 2 days : delay);
        when = now_ + when % 100 days;
        vm.expectEmit(true, true, true, true, address(registry));
        emit IStoreRegistry.UnlockProposed(portfolio, id(), OPERATION, from, from + lasts);
        _propose(from + lasts);
        (uint40 shownFrom, uint40 shownUntil, uint40 vetoedAt) = registry.unlockOf(store(), OPERATION);
        require(shownFrom == from && shownUntil == from + lasts && vetoedAt == 0);
        vm.warp(when);
        Request memory asked = _asked(closed[class % 4]);
        if (when >= from && when < from + lasts) assertAllowed(asked);
        else assertRefused(asked, rules[class % 4]);
        // Nothing else is open.
        asked.operation = keccak256("another");
        assertRefused(asked, rules[class % 4]);
        asked = _asked(closed[class % 4]);
        asked.ref.salt = bytes32(uint256(9));
        assertRefused(asked, rules[class % 4]);
        asked.ref.salt = 0;
        assertRefused(asked, rules[class % 4]);
    }

    function test_a_login_opens_like_a_closed_class() external {
        Request memory login = request();
        login.operation = LOGIN;
        vm.prank(OWNER);
        registry.proposeUnlock(portfolio, store(), LOGIN, now_ + 3 days);
        assertRefused(login, "closed.login");
        wait_(2 days);
        assertAllowed(login);
        wait_(1 days);
        assertRefused(login, "closed.login");
    }

    function test_an_unlock_of_the_portfolio_itself_opens_no_store() external {
        vm.prank(OWNER);
        registry.proposeUnlock(portfolio, whole(), OPERATION, now_ + 3 days);
        wait_(2 days);
        assertRefused(_asked(Class.EXPORT), "closed.export");
        Request memory asked = _asked(Class.EXPORT);
        asked.ref.salt = 0;
        assertAllowed(asked);
    }

    function testFuzz_only_the_owner_proposes(address other) external {
        vm.assume(other != OWNER);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwner.selector, portfolio));
        registry.proposeUnlock(portfolio, store(), OPERATION, now_ + 3 days);
    }

    function test_what_is_no_unlock() external {
        uint40 from = now_ + 2 days;
        uint40[4] memory ends = [uint40(0), from, from + 30 days + 1, FOREVER];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Unlocks.UnlockPeriodInvalid.selector, from, ends[i]));
            _propose(ends[i]);
        }
        vm.prank(OWNER);
        vm.expectRevert(Unlocks.OperationInvalid.selector);
        registry.proposeUnlock(portfolio, store(), 0, from + 1);
        StoreRef memory foreign = StoreRef(1, SALT);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotInPortfolio.selector, idOf(foreign), portfolio));
        registry.proposeUnlock(portfolio, foreign, OPERATION, from + 1);
        address[2] memory nobody = [address(0), OWNER];
        for (uint256 i = 0; i < 2; ++i) {
            portfolio = newPortfolio(OWNER, address(yes), nobody[i], DELAY);
            vm.expectRevert(abi.encodeWithSelector(Unlocks.GuardianMissing.selector, portfolio));
            _propose(from + 1);
        }
    }

    function test_an_unlock_needs_the_guardian_of_its_day() external {
        vm.prank(OWNER);
        registry.setGuardian(portfolio, address(0));
        _propose(now_ + 3 days);
        wait_(DELAY);
        vm.expectRevert(abi.encodeWithSelector(Unlocks.GuardianMissing.selector, portfolio));
        _propose(now_ + 3 days);
    }

    function testFuzz_a_veto_closes_at_once(uint40 when) external {
        _propose(now_ + 20 days);
        wait_(when % 20 days);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IStoreRegistry.UnlockVetoed(portfolio, id(), OPERATION, GUARDIAN);
        _veto(GUARDIAN);
        for (uint256 i = 0; i < 30; ++i) {
            assertRefused(_asked(Class.ROUTING), "closed.routing");
            wait_(1 days);
        }
    }

    function test_who_vetoes_and_what() external {
        vm.expectRevert(abi.encodeWithSelector(Unlocks.NothingToVeto.selector, id(), OPERATION));
        _veto(GUARDIAN);
        _propose(now_ + 3 days);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwnerOrGuardian.selector, portfolio));
        _veto(SERVICER);
        _veto(OWNER);
        vm.expectRevert(abi.encodeWithSelector(Unlocks.NothingToVeto.selector, id(), OPERATION));
        _veto(OWNER);
        // Proposed again it waits again.
        _propose(now_ + 4 days);
        wait_(2 days - 1);
        assertRefused(_asked(Class.MINT), "closed.mint");
        wait_(1);
        assertAllowed(_asked(Class.MINT));
        _propose(now_ + 4 days);
        assertRefused(_asked(Class.MINT), "closed.mint");
    }

    function test_T49_an_unlock_dies_with_the_sale_and_with_the_move() external {
        _propose(now_ + 20 days);
        uint64 theirs = newPortfolio(BUYER, address(yes), GUARDIAN, 0);
        vm.prank(OWNER);
        registry.offerStores(refs(store()), theirs);
        wait_(DELAY);
        assertAllowed(_asked(Class.ROUTING));
        vm.prank(BUYER);
        registry.acceptStores(theirs, refs(store()));
        assertRefused(_asked(Class.ROUTING), "closed.routing");
        vm.prank(BUYER);
        registry.offerStores(refs(store()), portfolio);
        vm.prank(OWNER);
        registry.acceptStores(portfolio, refs(store()));
        assertRefused(_asked(Class.ROUTING), "closed.routing");
        _propose(now_ + 20 days);
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, OWNER);
        wait_(DELAY);
        assertAllowed(_asked(Class.ROUTING));
        vm.prank(OWNER);
        registry.acceptPortfolio(portfolio, address(yes), GUARDIAN, SERVICER);
        assertRefused(_asked(Class.ROUTING), "closed.routing");
    }

    // ---- default

    function _recovery() private view returns (Request memory asked) {
        asked = _asked(Class.EXPORT);
        asked.role = RECOVERY;
    }

    function testFuzz_in_default_recovery_exports_after_seven_days_or_the_delay(uint40 delay, uint40 when) external {
        delay = delay % 60 days;
        portfolio = newPortfolio(OWNER, address(yes), GUARDIAN, delay);
        setStatus(Status.Default);
        uint40 from = now_ + (delay < 7 days ? 7 days : delay);
        wait_(when % 70 days);
        if (now_ >= from) assertAllowed(_recovery());
        else assertRefused(_recovery(), "closed.export");
        assertRefused(_asked(Class.EXPORT), "closed.export");
        for (uint256 i = 0; i < 3; ++i) {
            Request memory asked = _recovery();
            asked.class = closed[i];
            assertRefused(asked, rules[i]);
        }
        Request memory login = _recovery();
        login.class = Class.READ;
        login.operation = LOGIN;
        assertRefused(login, "closed.login");
    }

    function test_only_default_opens_it() external {
        Status[3] memory others = [Status.Watch, Status.Default, Status.Closed];
        for (uint256 i = 0; i < 3; ++i) {
            setStatus(others[i]);
            wait_(8 days);
            if (others[i] == Status.Default) assertAllowed(_recovery());
            else assertRefused(_recovery(), others[i] == Status.Closed ? bytes32("store.closed") : bytes32("closed.export"));
        }
    }

    function test_the_guardian_cancels_the_export_in_default_until_the_next() external {
        setStatus(Status.Default);
        wait_(3 days);
        _veto(GUARDIAN);
        setStatus(Status.Default);
        wait_(30 days);
        assertRefused(_recovery(), "closed.export");
        setStatus(Status.Watch);
        wait_(DELAY);
        setStatus(Status.Default);
        wait_(7 days - 1);
        assertRefused(_recovery(), "closed.export");
        wait_(1);
        assertAllowed(_recovery());
        // In the very second in which it came into default the veto counts.
        setStatus(Status.Watch);
        wait_(DELAY);
        setStatus(Status.Default);
        _veto(GUARDIAN);
        wait_(30 days);
        assertRefused(_recovery(), "closed.export");
    }

    function test_an_unlock_opens_what_was_vetoed_in_default() external {
        setStatus(Status.Default);
        _veto(GUARDIAN);
        _propose(now_ + 9 days);
        wait_(8 days);
        assertAllowed(_asked(Class.EXPORT));
        wait_(1 days);
        assertRefused(_recovery(), "closed.export");
    }
}
