// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IVaultRegistry, Limit, Request, Status, StoreRef, Subject} from "../src/Interfaces.sol";
import {StoreRegistry} from "../src/StoreRegistry.sol";
import {HostilePolicy} from "./support/Policies.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// The one entry: what it refuses before it asks a policy, in which order, and what it makes of a policy's answer.
contract AuthorizeTest is InWorld {
    function test_allows_what_is_granted_and_says_about_whom() external view {
        (Decision memory decision, Subject memory subject) = registry.authorize(request());
        require(decision.allowed && decision.rule == "granted" && decision.limits.length == 0);
        assertEq(subject.store, keccak256(abi.encode(block.chainid, address(registry), portfolio, SALT)));
        require(subject.portfolio == portfolio && subject.owner == OWNER && subject.tenure == 1);
        require(subject.status == Status.Performing && subject.statusSince == 0);
    }

    function test_the_first_rule_in_order_decides() external {
        bytes32 agent = bytes32(uint256(0xa9));
        Request memory asked = request();
        asked.agent = agent;
        asked.class = Class.ROUTING;
        assertRefused(asked, "closed.routing");
        setStatus(Status.Closed);
        assertRefused(asked, "store.closed");
        vm.prank(CALLER);
        registry.revokeAgent(agent);
        assertRefused(asked, "agent.revoked");
        vm.prank(GUARDIAN);
        registry.pause(portfolio, refs(store()));
        assertRefused(asked, "store.paused");
        vm.prank(GUARDIAN);
        registry.pause(portfolio, none());
        assertRefused(asked, "portfolio.paused");
        vm.prank(BREAKER);
        registry.setBreaker(true);
        assertRefused(asked, "breaker.open");
        vm.prank(ADMIN);
        vaults.revokeImage(vault, IMAGE);
        assertRefused(asked, "vault.not_live");
        asked.ref.origin = 7;
        assertRefused(asked, "portfolio.unknown");
        asked.class = Class.NONE;
        assertRefused(asked, "class.invalid");
    }

    function test_another_vault_or_image_is_not_live() external {
        Request memory asked = request();
        asked.image = bytes32(uint256(2));
        assertRefused(asked, "vault.not_live");
        asked = request();
        asked.vault = createVault(STRANGER);
        assertRefused(asked, "vault.not_live");
    }

    function test_a_vault_registry_that_says_nothing_clear_is_a_no() external {
        bytes[6] memory codes = [bytes(hex""), hex"5f5ffd", hex"60025f5260205ff3", hex"5f5ff3", hex"60015f5360015ff3", hex"60015f5260405ff3"];
        for (uint256 i = 0; i < codes.length; ++i) {
            vm.etch(address(vaults), codes[i]);
            assertRefused(request(), "vault.not_live");
        }
    }

    function test_an_unknown_class_is_no_answer() external view {
        bytes memory call = abi.encodeCall(registry.authorize, (request()));
        // Selector and offset, then vault, image, origin, salt, caller, agent, role and operation stand before the class.
        call[4 + 32 + 9 * 32 - 1] = 0x09;
        (bool done,) = address(registry).staticcall(call);
        require(!done);
    }

    function test_T38_with_little_gas_there_is_no_decision() external view {
        try registry.authorize{gas: 3_000_000}(request()) {
            require(false, "should revert");
        } catch (bytes memory why) {
            require(bytes4(why) == StoreRegistry.TooLittleGas.selector);
        }
    }

    function testFuzz_T38_gas_decides_whether_there_is_an_answer_and_never_which(uint256 gas_) external view {
        gas_ = 50_000 + gas_ % 5_000_000;
        try registry.authorize{gas: gas_}(request()) returns (Decision memory decision, Subject memory) {
            require(decision.allowed);
        } catch {}
    }

    function test_T38_T41_whatever_a_policy_does_is_a_refusal_with_a_rule() external {
        for (uint256 way = 0; way <= uint256(type(HostilePolicy.Way).max); ++way) {
            HostilePolicy hostile = new HostilePolicy(HostilePolicy.Way(way));
            uint64 its = newPortfolio(OWNER, address(hostile), GUARDIAN, 0);
            Request memory asked = request();
            asked.ref.origin = its;
            bool malformed = way == uint256(HostilePolicy.Way.Megabyte) || way == uint256(HostilePolicy.Way.Dirty)
                || way == uint256(HostilePolicy.Way.FiveLimits);
            assertRefused(asked, malformed ? bytes32("policy.malformed") : bytes32("policy.reverted"));
        }
    }

    function testFuzz_T41_nothing_but_a_canonical_decision_is_passed_on(bytes calldata answer) external {
        vm.assume(answer.length < 20_000);
        // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
        vm.etch(address(policy), abi.encodePacked(hex"61", uint16(answer.length), hex"80600a5f395ff3", answer));
        Decision memory decision = authorize(request());
        require(!decision.allowed || keccak256(abi.encode(decision)) == keccak256(answer));
    }

    function testFuzz_T41_one_changed_word_of_a_decision_is_read_as_it_stands_or_not_at_all(uint8 limits, uint8 word, uint256 value) external {
        Decision memory said;
        said.allowed = true;
        said.rule = "yes";
        said.limits = new Limit[](limits % 5);
        bytes memory answer = abi.encode(said);
        uint256 place = word % (answer.length / 32);
        assembly {
            mstore(add(add(answer, 32), mul(place, 32)), value)
        }
        vm.etch(address(policy), abi.encodePacked(hex"61", uint16(answer.length), hex"80600a5f395ff3", answer));
        Decision memory decision = authorize(request());
        require(!decision.allowed || keccak256(abi.encode(decision)) == keccak256(answer));
    }

    function test_T41_a_dirty_number_in_a_limit_is_malformed() external {
        Decision memory said;
        said.allowed = true;
        said.rule = "yes";
        said.limits = new Limit[](1);
        // The cost, the capacity and the period are the eighth to the tenth word.
        for (uint256 word = 7; word < 10; ++word) {
            bytes memory answer = abi.encode(said);
            answer[32 * word] = 0x01;
            vm.etch(address(policy), abi.encodePacked(hex"61", uint16(answer.length), hex"80600a5f395ff3", answer));
            assertRefused(request(), "policy.malformed");
        }
    }

    function test_T40_a_store_is_of_this_chain_and_this_registry() external view {
        assertEq(registry.storeId(store()), id());
    }

    function test_T37_a_policy_whose_code_is_gone_refuses() external {
        vm.etch(address(policy), hex"");
        assertRefused(request(), "policy.reverted");
    }

    function test_the_gas_is_the_enclaves() external view {
        assertEq(registry.AUTHORIZE_GAS(), 5_000_000);
        assertEq(registry.POLICY_GAS(), 3_000_000);
    }

    // ---- breaker and agents

    function test_T63_the_breaker_ends_by_itself_and_rests_thirty_days() external {
        vm.prank(BREAKER);
        registry.setBreaker(true);
        uint40 opened = now_;
        (address holder, uint40 openUntil, uint40 next) = registry.breaker();
        require(holder == BREAKER && openUntil == opened + 7 days && next == opened + 30 days);
        wait_(7 days - 1);
        assertRefused(request(), "breaker.open");
        wait_(1);
        assertAllowed(request());
        wait_(23 days - 1);
        vm.prank(BREAKER);
        vm.expectRevert(abi.encodeWithSelector(StoreRegistry.BreakerTooSoon.selector, opened + 30 days));
        registry.setBreaker(true);
        wait_(1);
        vm.prank(BREAKER);
        registry.setBreaker(true);
        assertRefused(request(), "breaker.open");
        vm.prank(BREAKER);
        registry.setBreaker(false);
        assertAllowed(request());
        vm.prank(BREAKER);
        vm.expectRevert(abi.encodeWithSelector(StoreRegistry.BreakerTooSoon.selector, now_ + 30 days));
        registry.setBreaker(true);
    }

    function testFuzz_only_its_holder_moves_the_breaker(address other, bool open) external {
        vm.assume(other != BREAKER);
        vm.prank(other);
        vm.expectRevert(StoreRegistry.NotBreaker.selector);
        registry.setBreaker(open);
    }

    function test_T49_an_agent_is_revoked_by_its_caller_for_good() external {
        bytes32 agent = bytes32(uint256(0xa9));
        Request memory asked = request();
        asked.agent = agent;
        assertRefused(asked, "grant.agent");
        vm.prank(STRANGER);
        registry.revokeAgent(agent);
        require(!registry.isRevoked(CALLER, agent));
        assertRefused(asked, "grant.agent");
        vm.prank(CALLER);
        registry.revokeAgent(agent);
        require(registry.isRevoked(CALLER, agent));
        assertRefused(asked, "agent.revoked");
        sell();
        assertRefused(asked, "agent.revoked");
        vm.prank(CALLER);
        vm.expectRevert(StoreRegistry.AgentInvalid.selector);
        registry.revokeAgent(0);
    }
}
