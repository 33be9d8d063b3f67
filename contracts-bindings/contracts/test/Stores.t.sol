// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreRegistry, Request, Status, StoreRef, Subject} from "../src/Interfaces.sol";
import {StoreState} from "../src/IStoreRegistryView.sol";
import {Portfolios} from "../src/registry/Portfolios.sol";
import {RegistryState} from "../src/registry/RegistryState.sol";
import {Stores} from "../src/registry/Stores.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Stores: their moves, pauses and standing.
contract StoresTest is InWorld {
    uint64 private theirs;

    function setUp() public override {
        super.setUp();
        theirs = newPortfolio(BUYER, address(policy), address(0), 0);
    }

    function _offer(uint64 to) private {
        vm.prank(OWNER);
        registry.offerStores(refs(store()), to);
    }

    function _refuseAccept() private {
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(Stores.StoreNotOffered.selector, id(), theirs));
        registry.acceptStores(theirs, refs(store()));
    }

    // ---- moves

    function test_T49_a_store_moves_in_two_steps_after_the_delay() external {
        _refuseAccept();
        vm.expectEmit(true, true, true, true, address(registry));
        emit IStoreRegistry.StoreOffered(id(), portfolio, theirs);
        _offer(theirs);
        StoreState memory state = registry.storeOf(store());
        require(state.offeredTo == theirs && state.offeredFrom == now_ + DELAY && state.portfolio == portfolio);
        wait_(DELAY - 1);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(Stores.StoreOfferNotDue.selector, id(), now_ + 1));
        registry.acceptStores(theirs, refs(store()));
        wait_(1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwner.selector, theirs));
        registry.acceptStores(theirs, refs(store()));
        vm.expectEmit(true, true, true, true, address(registry));
        emit IStoreRegistry.StoreMoved(id(), portfolio, theirs, 2);
        vm.prank(BUYER);
        registry.acceptStores(theirs, refs(store()));
        Subject memory subject = registry.subjectOf(store());
        require(subject.portfolio == theirs && subject.owner == BUYER && subject.tenure == 2 && subject.store == id());
        require(registry.tenureOf(theirs, id()) == 2 && registry.tenureOf(theirs, 0) == 1);
        assertRefused(request(), "grant.none");
        // The offer is used up, and the old owner has no say.
        _refuseAccept();
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwner.selector, theirs));
        registry.offerStores(refs(store()), portfolio);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotInPortfolio.selector, id(), portfolio));
        registry.pause(portfolio, refs(store()));
        vm.prank(BUYER);
        registry.pause(theirs, refs(store()));
        assertRefused(request(), "store.paused");
    }

    function test_an_offer_of_a_store_is_withdrawn_or_cancelled() external {
        _offer(theirs);
        _offer(0);
        wait_(DELAY);
        require(registry.storeOf(store()).offeredTo == 0);
        _refuseAccept();
        _offer(theirs);
        wait_(DELAY);
        vm.prank(GUARDIAN);
        registry.cancel(portfolio, "stores");
        require(registry.storeOf(store()).offeredTo == 0);
        _refuseAccept();
    }

    function test_an_offer_of_a_store_ends_when_either_side_is_sold() external {
        _offer(theirs);
        sell();
        _refuseAccept();
        vm.prank(BUYER);
        registry.offerStores(refs(store()), theirs);
        vm.prank(BUYER);
        registry.offerPortfolio(theirs, BUYER);
        vm.prank(BUYER);
        registry.acceptPortfolio(theirs, address(policy), address(0), address(0));
        wait_(DELAY);
        require(registry.storeOf(store()).offeredTo == 0);
        _refuseAccept();
    }

    function test_T69_what_can_not_be_offered_or_accepted() external {
        vm.prank(OWNER);
        vm.expectRevert(RegistryState.StoreInvalid.selector);
        registry.offerStores(refs(whole()), theirs);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.PortfolioUnknown.selector, 9));
        registry.offerStores(refs(store()), 9);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.PortfolioUnknown.selector, 9));
        registry.offerStores(refs(StoreRef(9, SALT)), theirs);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(Stores.AlreadyHome.selector, id()));
        registry.offerStores(refs(store()), portfolio);
        vm.prank(BUYER);
        vm.expectRevert(RegistryState.StoreInvalid.selector);
        registry.acceptStores(theirs, refs(whole()));
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.PortfolioUnknown.selector, 0));
        registry.acceptStores(0, refs(store()));
        // Somebody else's store, although its id has never been seen on chain.
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwner.selector, portfolio));
        registry.offerStores(refs(store()), theirs);
    }

    function testFuzz_T49_a_tenure_of_a_store_is_never_had_twice(uint8[12] calldata steps) external {
        uint64[2] memory homes = [portfolio, theirs];
        address[2] memory owners = [OWNER, BUYER];
        uint256 here = 0;
        uint32 tenure = registry.subjectOf(store()).tenure;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 sold = steps[i] % 3;
            if (sold == 2) {
                moveTo(owners[here], homes[1 - here], owners[1 - here]);
                here = 1 - here;
            } else {
                vm.prank(owners[sold]);
                registry.offerPortfolio(homes[sold], owners[sold]);
                wait_(DELAY);
                vm.prank(owners[sold]);
                registry.acceptPortfolio(homes[sold], address(policy), GUARDIAN, SERVICER);
            }
            uint32 next = registry.subjectOf(store()).tenure;
            if (sold == 2) require(next > tenure, "a move begins a new tenure");
            else require(next == (sold == here ? tenure + 1 : tenure), "a sale adds one, to what was sold");
            require(next >= registry.tenureOf(homes[here], 0));
            tenure = next;
        }
    }

    // ---- pauses

    function test_T63_owner_and_guardian_pause_at_once() external {
        address[2] memory both = [OWNER, GUARDIAN];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(both[i]);
            registry.pause(portfolio, refs(store()));
            assertRefused(request(), "store.paused");
            Request memory other = request();
            other.ref.salt = bytes32(uint256(9));
            assertAllowed(other);
            vm.prank(both[i]);
            registry.pause(portfolio, none());
            assertRefused(other, "portfolio.paused");
            vm.prank(OWNER);
            registry.unpause(portfolio, none());
            assertAllowed(other);
            assertRefused(request(), "store.paused");
            vm.prank(OWNER);
            registry.unpause(portfolio, refs(store()));
            assertAllowed(request());
        }
    }

    function testFuzz_nobody_else_pauses_or_unpauses(address other) external {
        vm.assume(other != OWNER && other != GUARDIAN);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwnerOrGuardian.selector, portfolio));
        registry.pause(portfolio, none());
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotOwner.selector, portfolio));
        registry.unpause(portfolio, none());
    }

    function test_a_pause_is_for_stores_of_the_portfolio() external {
        vm.prank(OWNER);
        vm.expectRevert(RegistryState.StoreInvalid.selector);
        registry.pause(portfolio, refs(whole()));
        StoreRef memory foreign = StoreRef(theirs, SALT);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.NotInPortfolio.selector, idOf(foreign), portfolio));
        registry.pause(portfolio, refs(foreign));
    }

    // ---- standing

    function test_T63_a_status_tightens_at_once() external {
        Status[3] memory tighter = [Status.Watch, Status.Default, Status.Closed];
        for (uint256 i = 0; i < 3; ++i) {
            wait_(1);
            vm.expectEmit(true, true, true, true, address(registry));
            emit IStoreRegistry.StatusChanged(id(), tighter[i], SERVICER, "because");
            setStatus(tighter[i]);
            Subject memory subject = registry.subjectOf(store());
            require(subject.status == tighter[i] && subject.statusSince == now_);
        }
        assertRefused(request(), "store.closed");
    }

    function testFuzz_a_status_loosens_after_the_delay_of_the_home(uint8 from, uint8 to, uint40 early) external {
        from = 1 + from % 3;
        to = to % from;
        early = uint40(1 + early % DELAY);
        setStatus(Status(from));
        uint40 tightened = now_;
        wait_(5);
        vm.expectEmit(true, true, true, true, address(registry));
        emit Stores.StatusProposed(id(), Status(to), SERVICER, "because", now_ + DELAY);
        setStatus(Status(to));
        uint40 from_ = now_ + DELAY;
        wait_(DELAY - early);
        StoreState memory state = registry.storeOf(store());
        require(state.status == Status(from) && state.statusSince == tightened);
        require(state.nextStatus == Status(to) && state.nextStatusFrom == from_);
        wait_(early + 7);
        state = registry.storeOf(store());
        require(state.status == Status(to) && state.statusSince == from_ && state.nextStatusFrom == 0);
        // What is written next starts from there.
        setStatus(Status(to));
        state = registry.storeOf(store());
        require(state.status == Status(to) && state.statusSince == from_);
    }

    function test_tightening_takes_back_what_was_to_be_loosened() external {
        setStatus(Status.Default);
        setStatus(Status.Performing);
        setStatus(Status.Default);
        wait_(DELAY);
        require(registry.subjectOf(store()).status == Status.Default);
        setStatus(Status.Watch);
        vm.prank(GUARDIAN);
        registry.cancel(portfolio, id());
        wait_(DELAY);
        require(registry.subjectOf(store()).status == Status.Default);
        setStatus(Status.Watch);
        wait_(DELAY);
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(Portfolios.NothingToCancel.selector, id()));
        registry.cancel(portfolio, id());
        require(registry.subjectOf(store()).status == Status.Watch);
    }

    function test_a_loosening_is_cancelled_by_its_own_portfolio_only() external {
        setStatus(Status.Default);
        setStatus(Status.Performing);
        bytes32 change = id();
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(Portfolios.NothingToCancel.selector, change));
        registry.cancel(theirs, change);
        wait_(DELAY);
        require(registry.subjectOf(store()).status == Status.Performing);
    }

    function test_T49_a_loosening_that_did_not_hold_dies_with_its_tenure() external {
        setStatus(Status.Default);
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        wait_(DELAY);
        setStatus(Status.Performing);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        require(registry.storeOf(store()).nextStatusFrom == 0);
        // Neither by time, nor by another sale.
        wait_(2 * DELAY);
        vm.prank(BUYER);
        registry.offerPortfolio(portfolio, OWNER);
        wait_(DELAY);
        vm.prank(OWNER);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
        require(registry.subjectOf(store()).status == Status.Default);
    }

    function test_a_loosening_that_held_before_the_sale_still_does() external {
        setStatus(Status.Default);
        setStatus(Status.Watch);
        uint40 held = now_ + DELAY;
        sell();
        Subject memory subject = registry.subjectOf(store());
        require(subject.status == Status.Watch && subject.statusSince == held);
    }

    function test_a_status_moves_with_the_store_and_its_loosening_does_not() external {
        setStatus(Status.Default);
        uint40 since = now_;
        _offer(theirs);
        wait_(DELAY);
        setStatus(Status.Watch);
        vm.prank(BUYER);
        registry.acceptStores(theirs, refs(store()));
        wait_(DELAY);
        Subject memory subject = registry.subjectOf(store());
        require(subject.status == Status.Default && subject.statusSince == since);
    }

    function testFuzz_only_the_servicer_of_the_home_sets_a_status(address other) external {
        vm.assume(other != SERVICER);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(Stores.NotServicer.selector, portfolio));
        registry.setStatus(refs(store()), Status.Watch, 0);
    }

    function test_a_status_is_for_stores_that_have_a_home() external {
        vm.prank(SERVICER);
        vm.expectRevert(RegistryState.StoreInvalid.selector);
        registry.setStatus(refs(whole()), Status.Watch, 0);
        vm.prank(SERVICER);
        vm.expectRevert(abi.encodeWithSelector(RegistryState.PortfolioUnknown.selector, 9));
        registry.setStatus(refs(StoreRef(9, SALT)), Status.Watch, 0);
    }
}
