// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreRegistry, Status, StoreRef, Subject} from "../src/Interfaces.sol";
import {PortfolioState} from "../src/IStoreRegistryView.sol";
import {Portfolios} from "../src/registry/Portfolios.sol";
import {RegistryState} from "../src/registry/RegistryState.sol";
import {StoreAccessPolicy} from "../src/StoreAccessPolicy.sol";
import {OddInterface} from "./support/Policies.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Who owns a portfolio, and what of it changes when.
contract PortfoliosTest is InWorld {
    bytes32[4] private names = [bytes32("policy"), "guardian", "servicer", "offer"];

    function _propose(bytes32 change) private {
        vm.prank(OWNER);
        if (change == "policy") registry.proposePolicy(portfolio, address(yes));
        else if (change == "guardian") registry.setGuardian(portfolio, BUYER);
        else if (change == "servicer") registry.setServicer(portfolio, BUYER);
        else registry.offerPortfolio(portfolio, BUYER);
    }

    function test_a_portfolio_is_its_creators_and_counted_from_one() external {
        require(portfolio == 1);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IStoreRegistry.PortfolioCreated(2, STRANGER, vault);
        require(newPortfolio(STRANGER, address(yes), address(0), 0) == 2);
        PortfolioState memory state = registry.portfolioOf(2);
        require(state.owner == STRANGER && state.tenure == 1 && state.policy == address(yes) && state.guardian == address(0));
        require(state.servicer == SERVICER && state.delay == 0 && state.vault == vault && state.interfaceId != 0);
        require(registry.portfolioOf(3).owner == address(0));
    }

    function test_refuses_a_portfolio_without_vault_or_with_too_long_a_delay() external {
        vm.expectRevert(Portfolios.VaultInvalid.selector);
        registry.createPortfolio(0, address(policy), GUARDIAN, SERVICER, DELAY);
        vm.expectRevert(abi.encodeWithSelector(Portfolios.DelayOutOfRange.selector, 365 days + 1));
        registry.createPortfolio(vault, address(policy), GUARDIAN, SERVICER, 365 days + 1);
        registry.createPortfolio(vault, address(policy), GUARDIAN, SERVICER, 365 days);
    }

    function test_refuses_what_does_not_say_that_it_is_a_policy() external {
        address[6] memory others = [
            address(0),
            STRANGER,
            address(registry),
            // Yes to every question, the one that must be a no among them; a dirty yes; a long yes.
            address(new OddInterface(abi.encode(1))),
            address(new OddInterface(abi.encode(2))),
            address(new OddInterface(abi.encode(1, 1)))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(RegistryState.PolicyInvalid.selector, others[i]);
            vm.expectRevert(refusal);
            registry.createPortfolio(vault, others[i], GUARDIAN, SERVICER, DELAY);
            vm.prank(OWNER);
            vm.expectRevert(refusal);
            registry.proposePolicy(portfolio, others[i]);
        }
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        wait_(DELAY);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.PolicyInvalid.selector, STRANGER));
        registry.acceptPortfolio(portfolio, STRANGER, GUARDIAN, SERVICER);
    }

    function testFuzz_only_the_owner_proposes(address other) external {
        vm.assume(other != OWNER);
        bytes memory refusal = abi.encodeWithSelector(RegistryState.NotOwner.selector, portfolio);
        vm.prank(other);
        vm.expectRevert(refusal);
        registry.proposePolicy(portfolio, address(yes));
        vm.prank(other);
        vm.expectRevert(refusal);
        registry.setGuardian(portfolio, other);
        vm.prank(other);
        vm.expectRevert(refusal);
        registry.setServicer(portfolio, other);
        vm.prank(other);
        vm.expectRevert(refusal);
        registry.offerPortfolio(portfolio, other);
        vm.prank(other);
        vm.expectRevert(refusal);
        registry.unpause(portfolio, none());
    }

    function test_an_unknown_portfolio_has_no_owner() external {
        bytes memory refusal = abi.encodeWithSelector(RegistryState.PortfolioUnknown.selector, 9);
        vm.expectRevert(refusal);
        registry.proposePolicy(9, address(yes));
        vm.expectRevert(refusal);
        registry.acceptPortfolio(9, address(yes), GUARDIAN, SERVICER);
        vm.expectRevert(refusal);
        registry.cancel(9, "policy");
    }

    function testFuzz_T37_a_change_holds_from_its_second_on_and_not_before(uint40 early) external {
        early = uint40(1 + early % (DELAY - 1));
        for (uint256 i = 0; i < 3; ++i) _propose(names[i]);
        wait_(DELAY - early);
        PortfolioState memory state = registry.portfolioOf(portfolio);
        require(state.policy == address(policy) && state.guardian == GUARDIAN && state.servicer == SERVICER);
        require(state.nextPolicy == address(yes) && state.nextGuardian == BUYER && state.nextServicer == BUYER);
        require(state.policyFrom == now_ + early && state.guardianFrom == state.policyFrom && state.servicerFrom == state.policyFrom);
        wait_(early);
        state = registry.portfolioOf(portfolio);
        require(state.policy == address(yes) && state.guardian == BUYER && state.servicer == BUYER);
        require(state.nextPolicy == address(0) && state.policyFrom == 0 && state.guardianFrom == 0 && state.servicerFrom == 0);
        require(authorize(request()).rule == "yes");
    }

    function test_T37_a_second_change_starts_from_what_holds() external {
        for (uint256 i = 0; i < 3; ++i) _propose(names[i]);
        wait_(DELAY);
        vm.prank(OWNER);
        registry.proposePolicy(portfolio, address(policy));
        vm.prank(OWNER);
        registry.setGuardian(portfolio, STRANGER);
        vm.prank(OWNER);
        registry.setServicer(portfolio, STRANGER);
        PortfolioState memory state = registry.portfolioOf(portfolio);
        require(state.policy == address(yes) && state.guardian == BUYER && state.servicer == BUYER);
        wait_(DELAY - 1);
        // Proposing again before it holds waits anew.
        _propose("policy");
        wait_(1);
        require(registry.portfolioOf(portfolio).policy == address(yes));
        require(registry.portfolioOf(portfolio).guardian == STRANGER);
        wait_(DELAY);
        require(registry.portfolioOf(portfolio).policy == address(yes));
    }

    function test_guardian_and_owner_cancel_what_does_not_hold_yet() external {
        address[2] memory both = [GUARDIAN, OWNER];
        for (uint256 i = 0; i < names.length; ++i) {
            for (uint256 j = 0; j < both.length; ++j) {
                bytes memory nothing = abi.encodeWithSelector(Portfolios.NothingToCancel.selector, names[i]);
                vm.prank(both[j]);
                vm.expectRevert(nothing);
                registry.cancel(portfolio, names[i]);
                _propose(names[i]);
                vm.prank(SERVICER);
                vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwnerOrGuardian.selector, portfolio));
                registry.cancel(portfolio, names[i]);
                wait_(DELAY - 1);
                vm.expectEmit(true, true, true, true, address(registry));
                if (names[i] == "offer") emit IStoreRegistry.PortfolioOffered(portfolio, address(0));
                else emit RegistryState.ChangeCancelled(portfolio, names[i], both[j]);
                vm.prank(both[j]);
                registry.cancel(portfolio, names[i]);
                wait_(DELAY);
                PortfolioState memory state = registry.portfolioOf(portfolio);
                require(state.policy == address(policy) && state.guardian == GUARDIAN && state.servicer == SERVICER);
                require(state.offeredTo == address(0) && state.offeredFrom == 0);
            }
        }
    }

    function test_what_holds_is_not_cancelled() external {
        for (uint256 i = 0; i < 3; ++i) _propose(names[i]);
        wait_(DELAY);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(OWNER);
            vm.expectRevert(abi.encodeWithSelector(Portfolios.NothingToCancel.selector, names[i]));
            registry.cancel(portfolio, names[i]);
        }
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwnerOrGuardian.selector, portfolio));
        registry.cancel(portfolio, "policy");
    }

    // ---- sale

    function test_T49_ownership_moves_in_two_steps_after_the_delay() external {
        bytes memory notOffered = abi.encodeWithSelector(Portfolios.NotOffered.selector, portfolio);
        vm.prank(BUYER);
        vm.expectRevert(notOffered);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        _propose("offer");
        require(registry.portfolioOf(portfolio).offeredFrom == now_ + DELAY);
        wait_(DELAY - 1);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(Portfolios.OfferNotDue.selector, now_ + 1));
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        wait_(1);
        vm.prank(STRANGER);
        vm.expectRevert(notOffered);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        assertAllowed(request());
        vm.expectEmit(true, true, false, true, address(registry));
        emit IStoreRegistry.TenureStarted(portfolio, BUYER, 2, address(policy));
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(policy), STRANGER, address(0));
        assertRefused(request(), "grant.none");
        PortfolioState memory state = registry.portfolioOf(portfolio);
        require(state.owner == BUYER && state.tenure == 2 && state.guardian == STRANGER && state.servicer == address(0));
        require(state.offeredTo == address(0));
        // The offer is used up.
        vm.prank(BUYER);
        vm.expectRevert(notOffered);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
    }

    function test_T49_nothing_that_was_proposed_survives_a_sale() external {
        for (uint256 i = 0; i < 4; ++i) _propose(names[i]);
        wait_(DELAY - 1);
        for (uint256 i = 0; i < 3; ++i) _propose(names[i]);
        wait_(1);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        wait_(DELAY);
        PortfolioState memory state = registry.portfolioOf(portfolio);
        require(state.policy == address(policy) && state.guardian == GUARDIAN && state.servicer == SERVICER);
    }

    function test_T63_a_pause_outlives_a_sale() external {
        vm.prank(GUARDIAN);
        registry.pause(portfolio, none());
        sell();
        assertRefused(request(), "portfolio.paused");
        vm.prank(BUYER);
        registry.unpause(portfolio, none());
        assertRefused(request(), "grant.none");
    }
}
