// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, IStoreAccessPolicyAdmin} from "../src/Interfaces.sol";
import {GrantBook} from "../src/policy/GrantBook.sol";
import {GrantRules} from "../src/policy/GrantRules.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Who writes the reference policy's grants, and what is no grant.
contract GrantBookTest is InWorld {
    bytes32 private constant AMOUNT = keccak256("amount");

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
        revoke(given);
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
}
