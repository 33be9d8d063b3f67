// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicy, IStoreAccessPolicyAdmin, Limit, Param, Request, Status, StoreRef, Subject} from "../src/Interfaces.sol";
import {GrantBook} from "../src/policy/GrantBook.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// The reference policy: what a grant covers, and what beats it.
contract StoreAccessPolicyTest is InWorld {
    bytes32 private constant AMOUNT = keccak256("amount");

    function _only(IStoreAccessPolicyAdmin.Grant memory given) private returns (bytes32) {
        revoke(anyRead());
        return grant(given);
    }

    function _deny(bytes32 what, bytes32 subject, bool denied) private {
        vm.prank(OWNER);
        policy.setDenied(portfolio, what, subject, denied);
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
        _revokeWhat(ORDERS);
        grant(given);
        asked = request();
        Class[4] memory open = [Class.READ, Class.WRITE, Class.VALUE, Class.CREDENTIAL];
        asked.class = open[class % 4];
        if (asked.class == Class.WRITE) assertAllowed(asked);
        else assertRefused(asked, "grant.none");
    }

    function _revokeWhat(bytes32 what) private {
        IStoreAccessPolicyAdmin.Grant memory given = anyRead();
        given.store = id();
        given.what = what;
        revoke(given);
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
        giveRole(now_ + 10);
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
        giveRole(0);
        assertRefused(asked, "role.not_member");
        // Nobody becomes another by claiming his address as a role.
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(GrantBook.RoleInvalid.selector, bytes32(uint256(uint160(CALLER)))));
        policy.setRole(portfolio, bytes32(uint256(uint160(CALLER))), new address[](0), FOREVER);
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

    function test_only_its_own_registry_is_answered() external view {
        Subject memory subject = registry.subjectOf(store());
        assertEq(policy.authorize(request(), subject).rule, "policy.registry");
    }

    function test_it_says_what_it_implements() external view {
        require(policy.supportsInterface(0x01ffc9a7) && policy.supportsInterface(type(IStoreAccessPolicy).interfaceId));
        require(policy.supportsInterface(type(IStoreAccessPolicyAdmin).interfaceId) && !policy.supportsInterface(0xffffffff));
    }
}
