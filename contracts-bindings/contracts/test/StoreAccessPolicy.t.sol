// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicy, IStoreAccessPolicyAdmin, Limit, Param, Request, Status, StoreRef, Subject} from "../src/Interfaces.sol";
import {GrantBook} from "../src/policy/GrantBook.sol";
import {GrantRules} from "../src/policy/GrantRules.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// The reference policy: what a grant covers, what beats it, and who writes it.
contract StoreAccessPolicyTest is InWorld {
    bytes32 private constant AMOUNT = keccak256("amount");
    bytes32 private constant ROLE = keccak256("underwriter");

    function _revoke(IStoreAccessPolicyAdmin.Grant memory given) private {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = policy.grantIdOf(portfolio, given.subject, given.store, given.what);
        vm.prank(OWNER);
        policy.revoke(portfolio, ids);
    }

    function _only(IStoreAccessPolicyAdmin.Grant memory given) private returns (bytes32) {
        _revoke(anyRead());
        return grant(given);
    }

    function _deny(bytes32 what, bytes32 subject, bool denied) private {
        vm.prank(OWNER);
        policy.setDenied(portfolio, what, subject, denied);
    }

    function _role(uint40 until) private {
        address[] memory members = new address[](1);
        members[0] = CALLER;
        vm.prank(OWNER);
        policy.setRole(portfolio, ROLE, members, until);
    }

    function _with(uint256 amount) private view returns (Request memory asked) {
        asked = request();
        asked.params = new Param[](1);
        asked.params[0] = Param(AMOUNT, bytes32(amount));
    }

    // ---- what a grant covers

    function testFuzz_a_grant_is_for_its_time(uint40 from, uint40 until, uint40 time) external {
        vm.assume(from < until);
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        (given.from, given.until) = (from, until);
        grant(given);
        Request memory asked = request();
        asked.time = time;
        if (time < from) assertRefused(asked, "grant.not_yet");
        else if (time >= until) assertRefused(asked, "grant.expired");
        else assertAllowed(asked);
    }

    function testFuzz_a_grant_is_for_its_subject_store_operation_and_class(address caller, bytes32 salt, bytes32 operation, uint8 class) external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = id();
        given.what = ORDERS;
        _only(given);
        Request memory asked = request();
        assertAllowed(asked);
        asked.class = Class.WRITE;
        assertAllowed(asked);
        asked = request();
        asked.caller = caller;
        if (caller != CALLER) assertRefused(asked, "grant.none");
        asked = request();
        asked.ref.salt = salt;
        if (salt != SALT) assertRefused(asked, "grant.none");
        asked = request();
        asked.operation = operation;
        if (operation != ORDERS && operation != LOGIN) assertRefused(asked, "grant.none");
        given.what = bytes32(uint256(uint8(Class.WRITE)));
        _revoke2(ORDERS);
        grant(given);
        asked = request();
        Class[4] memory open = [Class.READ, Class.WRITE, Class.VALUE, Class.CREDENTIAL];
        asked.class = open[class % 4];
        if (asked.class == Class.WRITE) assertAllowed(asked);
        else assertRefused(asked, "grant.none");
    }

    function _revoke2(bytes32 what) private {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = id();
        given.what = what;
        _revoke(given);
    }

    function testFuzz_a_grant_holds_in_the_statuses_it_names(uint8 statuses, uint8 status) external {
        statuses = 1 + statuses % 15;
        status = status % 3;
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.statuses = statuses;
        grant(given);
        if (status != 0) setStatus(Status(status));
        if ((statuses >> status) & 1 == 1) assertAllowed(request());
        else assertRefused(request(), "grant.status");
    }

    function testFuzz_every_value_of_a_constrained_parameter_must_pass(uint8 test, uint256 bound, uint256 first, uint256 second) external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.where = new IStoreAccessPolicyAdmin.Constraint[](1);
        IStoreAccessPolicyAdmin.Test kind = IStoreAccessPolicyAdmin.Test(test % 4);
        given.where[0] = IStoreAccessPolicyAdmin.Constraint(AMOUNT, kind, new bytes32[](1));
        given.where[0].values[0] = bytes32(bound);
        grant(given);
        assertRefused(request(), "grant.where");
        Request memory asked = _with(first);
        asked.params = new Param[](3);
        asked.params[0] = Param(AMOUNT, bytes32(first));
        asked.params[1] = Param(AMOUNT, bytes32(second));
        asked.params[2] = Param("other", 0);
        bool passes = _meets(kind, first, bound) && _meets(kind, second, bound);
        if (passes) assertAllowed(asked);
        else assertRefused(asked, "grant.where");
    }

    function _meets(IStoreAccessPolicyAdmin.Test kind, uint256 value, uint256 bound) private pure returns (bool) {
        if (kind == IStoreAccessPolicyAdmin.Test.AtMost) return value <= bound;
        if (kind == IStoreAccessPolicyAdmin.Test.AtLeast) return value >= bound;
        return value == bound;
    }

    function testFuzz_spending_costs_the_sum(uint256 first, uint256 second) external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        (given.capacity, given.spend, given.period, given.projection) = (1_000, AMOUNT, 60, "orders.no-buyer");
        bytes32 bucket = grant(given);
        assertRefused(request(), "grant.spend");
        Request memory asked = request();
        asked.params = new Param[](2);
        asked.params[0] = Param(AMOUNT, bytes32(first));
        asked.params[1] = Param(AMOUNT, bytes32(second));
        bool fits = first <= type(uint128).max && second <= type(uint128).max && first + second <= type(uint128).max;
        if (!fits) return assertRefused(asked, "grant.spend");
        Decision memory decision = authorize(asked);
        require(decision.allowed && decision.projection == "orders.no-buyer" && decision.limits.length == 1);
        Limit memory limit = decision.limits[0];
        require(limit.bucket == bucket && limit.cost == first + second && limit.capacity == 1_000 && limit.period == 60);
    }

    function test_T67_an_approval_for_once_is_a_limit_of_one_for_ever() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.capacity = 1;
        bytes32 bucket = grant(given);
        // Granted again it is the same bucket, so it is not refilled.
        assertEq(grant(given), bucket);
        Limit memory limit = authorize(request()).limits[0];
        require(limit.bucket == bucket && limit.cost == 1 && limit.capacity == 1 && limit.period == 0);
    }

    function test_agents_need_a_grant_that_allows_them() external {
        Request memory asked = request();
        asked.agent = "agent";
        assertRefused(asked, "grant.agent");
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.allowAgents = true;
        grant(given);
        assertAllowed(asked);
    }

    function test_the_narrowest_grant_gives_the_rule_and_the_first_that_covers_allows() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = id();
        given.what = ORDERS;
        given.until = now_;
        _only(given);
        assertRefused(request(), "grant.expired");
        given.store = 0;
        given.until = FOREVER;
        given.statuses = 2;
        grant(given);
        assertRefused(request(), "grant.expired");
        given.what = bytes32(uint256(uint8(Class.READ)));
        given.store = id();
        given.from = FOREVER - 1;
        grant(given);
        assertRefused(request(), "grant.expired");
        grant(anyRead());
        assertAllowed(request());
    }

    // ---- what beats it

    function testFuzz_a_denial_beats_every_grant(uint8 what, bool everybody) external {
        bytes32[3] memory whats = [bytes32(0), bytes32(uint256(uint8(Class.READ))), ORDERS];
        bytes32 subject = everybody ? bytes32(0) : bytes32(uint256(uint160(CALLER)));
        require(!policy.isDenied(portfolio, whats[what % 3], subject));
        _deny(whats[what % 3], subject, true);
        _deny(whats[what % 3], subject, true);
        require(policy.isDenied(portfolio, whats[what % 3], subject));
        assertRefused(request(), "denied");
        _deny(whats[what % 3], subject, false);
        _deny(whats[what % 3], subject, false);
        assertAllowed(request());
    }

    function test_a_denial_stops_what_it_names_only() external {
        _deny(keccak256("shopify.query.customers"), 0, true);
        _deny(bytes32(uint256(uint8(Class.WRITE))), 0, true);
        _deny(0, bytes32(uint256(uint160(STRANGER))), true);
        assertAllowed(request());
    }

    function test_a_role_gives_its_grants_to_members_who_claim_it() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.subject = ROLE;
        _only(given);
        Request memory asked = request();
        assertRefused(asked, "grant.none");
        asked.role = ROLE;
        assertRefused(asked, "role.not_member");
        _role(now_ + 10);
        require(policy.memberUntil(portfolio, ROLE, CALLER) == now_ + 10);
        assertAllowed(asked);
        asked.time = now_ + 10;
        assertRefused(asked, "role.not_member");
        asked.time = now_;
        asked.caller = STRANGER;
        assertRefused(asked, "role.not_member");
        asked.caller = CALLER;
        _deny(0, ROLE, true);
        assertRefused(asked, "denied");
        _deny(0, ROLE, false);
        _role(0);
        assertRefused(asked, "role.not_member");
        // Nobody becomes another by claiming his address as a role.
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(GrantBook.RoleInvalid.selector, bytes32(uint256(uint160(CALLER)))));
        policy.setRole(portfolio, bytes32(uint256(uint160(CALLER))), new address[](0), FOREVER);
    }

    // ---- roots

    function _leaf(IStoreAccessPolicyAdmin.Grant memory given, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(given, salt));
    }

    function _setRoot(bytes32 root) private {
        vm.prank(OWNER);
        policy.setGrantRoot(portfolio, root, "https://example.org");
    }

    function testFuzz_a_grant_under_the_root_counts_for_its_caller(bytes32 salt, bytes32 sibling, address caller) external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.capacity = 3;
        _revoke(anyRead());
        bytes32 leaf = _leaf(given, salt);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        Request memory asked = request();
        asked.evidence = abi.encode(given, salt, proof);
        assertRefused(asked, "grant.root");
        _setRoot(leaf < sibling ? keccak256(abi.encode(leaf, sibling)) : keccak256(abi.encode(sibling, leaf)));
        Decision memory decision = authorize(asked);
        require(decision.allowed && decision.limits.length == 1);
        assertEq(decision.limits[0].bucket, keccak256(abi.encode(portfolio, uint32(1), leaf)));
        asked.caller = caller;
        if (caller != CALLER) assertRefused(asked, "grant.subject");
        asked.caller = CALLER;
        asked.evidence = abi.encode(given, bytes32(uint256(salt) ^ 1), proof);
        assertRefused(asked, "grant.root");
        // Nothing of a root survives the sale.
        asked.evidence = abi.encode(given, salt, proof);
        require(policy.grantRootOf(portfolio) != 0);
        sell();
        require(policy.grantRootOf(portfolio) == 0);
        assertRefused(asked, "grant.root");
    }

    function testFuzz_evidence_that_is_none_is_a_refusal(bytes calldata evidence) external {
        _revoke(anyRead());
        _setRoot("root");
        Request memory asked = request();
        asked.evidence = evidence;
        Decision memory decision = authorize(asked);
        require(!decision.allowed);
        require(decision.rule == (evidence.length == 0 ? bytes32("grant.none") : bytes32("grant.evidence")) || decision.rule == "grant.root");
    }

    function test_T49_a_shown_grant_for_a_store_is_not_for_one_that_came_back() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = id();
        given.from = 1;
        _revoke(anyRead());
        Request memory asked = request();
        asked.evidence = abi.encode(given, bytes32("salt"), new bytes32[](0));
        _setRoot(_leaf(given, "salt"));
        assertAllowed(asked);
        uint64 theirs = newPortfolio(BUYER, address(policy), GUARDIAN, 0);
        moveTo(OWNER, theirs, BUYER);
        moveTo(BUYER, portfolio, OWNER);
        assertRefused(asked, "grant.store");
    }

    function _shown(IStoreAccessPolicyAdmin.Grant memory given) private returns (Request memory asked) {
        _setRoot(_leaf(given, "salt"));
        asked = request();
        asked.evidence = abi.encode(given, bytes32("salt"), new bytes32[](0));
    }

    function test_a_shown_grant_is_held_to_what_it_says() external {
        _revoke(anyRead());
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = bytes32(uint256(3));
        assertRefused(_shown(given), "grant.store");
        given = anyRead();
        given.what = bytes32(uint256(uint8(Class.WRITE)));
        assertRefused(_shown(given), "grant.what");
        given = anyRead();
        given.until = now_;
        assertRefused(_shown(given), "grant.expired");
        given = anyRead();
        given.statuses = 2;
        assertRefused(_shown(given), "grant.status");
        given = anyRead();
        given.subject = ROLE;
        Request memory asked = _shown(given);
        asked.role = ROLE;
        assertRefused(asked, "grant.subject");
        _role(FOREVER);
        assertAllowed(asked);
    }

    function test_an_operation_is_granted_on_every_store() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.what = ORDERS;
        _only(given);
        assertAllowed(request());
        Request memory asked = request();
        asked.ref.salt = "another";
        assertAllowed(asked);
        asked.operation = keccak256("shopify.query.customers");
        assertRefused(asked, "grant.none");
    }

    function test_one_of_several_values_will_do() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.where = new IStoreAccessPolicyAdmin.Constraint[](1);
        given.where[0] = IStoreAccessPolicyAdmin.Constraint(AMOUNT, IStoreAccessPolicyAdmin.Test.OneOf, new bytes32[](2));
        (given.where[0].values[0], given.where[0].values[1]) = (bytes32(uint256(5)), bytes32(uint256(7)));
        grant(given);
        assertAllowed(_with(5));
        assertAllowed(_with(7));
        assertRefused(_with(6), "grant.where");
    }

    // ---- who writes it

    function testFuzz_only_the_owner_administers(address other) external {
        vm.assume(other != OWNER);
        bytes memory refusal = abi.encodeWithSelector(GrantBook.NotOwner.selector, portfolio);
        vm.prank(other);
        vm.expectRevert(refusal);
        policy.grant(portfolio, new IStoreAccessPolicyAdmin.Grant[](0));
        vm.prank(other);
        vm.expectRevert(refusal);
        policy.revoke(portfolio, new bytes32[](0));
        vm.prank(other);
        vm.expectRevert(refusal);
        policy.setDenied(portfolio, 0, 0, false);
        vm.prank(other);
        vm.expectRevert(refusal);
        policy.setRole(portfolio, ROLE, new address[](0), 0);
        vm.prank(other);
        vm.expectRevert(refusal);
        policy.setGrantRoot(portfolio, 0, "");
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(GrantBook.NotOwner.selector, 9));
        policy.setGrantRoot(9, 0, "");
    }

    function test_only_its_own_registry_is_answered() external view {
        Subject memory subject = registry.subjectOf(store());
        assertEq(policy.authorize(request(), subject).rule, "policy.registry");
    }

    function _refuseGrant(IStoreAccessPolicyAdmin.Grant memory given, bytes memory why) private {
        IStoreAccessPolicyAdmin.Grant[] memory list = new IStoreAccessPolicyAdmin.Grant[](1);
        list[0] = given;
        vm.prank(OWNER);
        vm.expectRevert(why);
        policy.grant(portfolio, list);
    }

    function test_a_grant_that_means_nothing_is_none() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.subject = 0;
        _refuseGrant(given, abi.encodeWithSelector(GrantRules.SubjectInvalid.selector));
        bytes32[4] memory whats = [bytes32(0), bytes32(uint256(uint8(Class.EXPORT))), bytes32(uint256(9)), bytes32(uint256(type(uint160).max))];
        for (uint256 i = 0; i < 4; ++i) {
            given = anyRead();
            given.what = whats[i];
            _refuseGrant(given, abi.encodeWithSelector(GrantRules.WhatInvalid.selector, whats[i]));
        }
        given = anyRead();
        (given.from, given.until) = (5, 5);
        _refuseGrant(given, abi.encodeWithSelector(GrantRules.PeriodInvalid.selector, 5, 5));
        uint8[2] memory statuses = [uint8(0), 16];
        for (uint256 i = 0; i < 2; ++i) {
            given = anyRead();
            given.statuses = statuses[i];
            _refuseGrant(given, abi.encodeWithSelector(GrantRules.StatusesInvalid.selector, statuses[i]));
        }
        given = anyRead();
        given.period = 60;
        _refuseGrant(given, abi.encodeWithSelector(GrantRules.LimitInvalid.selector));
        given.period = 0;
        given.spend = AMOUNT;
        _refuseGrant(given, abi.encodeWithSelector(GrantRules.LimitInvalid.selector));
        for (uint256 test = 0; test < 4; ++test) {
            given = anyRead();
            given.where = new IStoreAccessPolicyAdmin.Constraint[](1);
            given.where[0] = IStoreAccessPolicyAdmin.Constraint(AMOUNT, IStoreAccessPolicyAdmin.Test(test), new bytes32[](test == 1 ? 0 : 2));
            _refuseGrant(given, abi.encodeWithSelector(GrantRules.ConstraintInvalid.selector, AMOUNT));
        }
        given.where[0] = IStoreAccessPolicyAdmin.Constraint(0, IStoreAccessPolicyAdmin.Test.Equal, new bytes32[](1));
        _refuseGrant(given, abi.encodeWithSelector(GrantRules.ConstraintInvalid.selector, bytes32(0)));
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(GrantRules.WhatInvalid.selector, bytes32(uint256(9))));
        policy.setDenied(portfolio, bytes32(uint256(9)), 0, true);
    }

    function test_what_was_granted_can_be_read_and_taken_back() external {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.where = new IStoreAccessPolicyAdmin.Constraint[](1);
        given.where[0] = IStoreAccessPolicyAdmin.Constraint(AMOUNT, IStoreAccessPolicyAdmin.Test.OneOf, new bytes32[](2));
        given.allowAgents = true;
        bytes32 granted = grant(given);
        require(keccak256(abi.encode(policy.grantOf(portfolio, granted))) == keccak256(abi.encode(given)));
        _revoke(given);
        IStoreAccessPolicyAdmin.Grant memory nothing;
        require(keccak256(abi.encode(policy.grantOf(portfolio, granted))) == keccak256(abi.encode(nothing)));
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = granted;
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(GrantBook.GrantUnknown.selector, granted));
        policy.revoke(portfolio, ids);
        grant(anyRead());
        require(keccak256(abi.encode(policy.grantOf(portfolio, granted))) == keccak256(abi.encode(anyRead())));
    }

    function test_it_says_what_it_implements() external view {
        require(policy.supportsInterface(0x01ffc9a7) && policy.supportsInterface(type(IStoreAccessPolicy).interfaceId));
        require(policy.supportsInterface(type(IStoreAccessPolicyAdmin).interfaceId) && !policy.supportsInterface(0xffffffff));
    }
}
