// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreAccessPolicyAdmin, Request} from "../src/Interfaces.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Grants that a caller shows under the portfolio's root.
contract GrantRootsTest is InWorld {
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
        revoke(anyRead());
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
        revoke(anyRead());
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
        revoke(anyRead());
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
        revoke(anyRead());
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
        giveRole(FOREVER);
        assertAllowed(asked);
    }
}
