// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

import {OfficeHoursPolicy} from "../../examples/OfficeHoursPolicy.sol";
import {SafeRefundPolicy} from "../../examples/SafeRefundPolicy.sol";
import {VoteThresholdPolicy} from "../../examples/VoteThresholdPolicy.sol";
import {ExamplePolicy} from "../../examples/ExamplePolicy.sol";
import {Class, Decision, Param, Request, Status, Subject} from "../../src/Interfaces.sol";
import {vm} from "../support/Vm.sol";
import {InWorld} from "../support/World.sol";

/// Votes by hand: who had how many at which moment.
contract Token {
    mapping(address holder => mapping(uint256 moment => uint256)) private _votes;
    uint256 private _supply = 100;

    function clock() external view returns (uint48) {
        return uint48(block.timestamp);
    }

    function set(address holder, uint256 moment, uint256 votes) external {
        _votes[holder][moment] = votes;
    }

    function getPastVotes(address holder, uint256 moment) external view returns (uint256) {
        return _votes[holder][moment];
    }

    function getPastTotalSupply(uint256) external view returns (uint256) {
        return _supply;
    }
}

/// Two of three owners, their signatures one behind the other in the order of their addresses.
contract TwoOfThree {
    mapping(address owner => bool) private _owners;

    constructor(address a, address b, address c) {
        _owners[a] = _owners[b] = _owners[c] = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        require(signatures.length == 130, "two signatures");
        address first = _signer(digest, signatures[:65]);
        address second = _signer(digest, signatures[65:]);
        require(_owners[first] && _owners[second] && first < second, "two owners");
        return 0x1626ba7e;
    }

    function _signer(bytes32 digest, bytes calldata signature) private pure returns (address) {
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }
}

/// A policy that a DAO wrote, asked through the registry as the enclave asks.
contract VoteThresholdPolicyTest is InWorld {
    address private constant ANNA = address(0xa1);
    address private constant BEN = address(0xb1);
    Token private token;
    VoteThresholdPolicy private votes;

    function setUp() public override {
        super.setUp();
        token = new Token();
        votes = new VoteThresholdPolicy(registry, 2, IVotes(address(token)), 5_000);
        portfolio = newPortfolio(OWNER, address(votes), GUARDIAN, DELAY);
        token.set(ANNA, now_ - 1, 30);
        token.set(BEN, now_ - 1, 20);
    }

    function test_half_of_the_votes_of_that_moment_approve() external {
        assertRefused(request(), "vote.none");
        vm.prank(ANNA);
        bytes32 approval = votes.propose(CALLER, ORDERS, now_ + 30 days);
        assertRefused(request(), "vote.none");
        wait_(60);
        vm.prank(BEN);
        votes.vote(approval);
        assertAllowed(request());
        Request memory asked = request();
        asked.caller = STRANGER;
        assertRefused(asked, "vote.none");
        asked = request();
        asked.agent = "agent";
        assertRefused(asked, "vote.agent");
        asked = request();
        asked.time = now_ + 30 days;
        assertRefused(asked, "vote.expired");
        asked = request();
        asked.class = Class.ROUTING;
        assertRefused(asked, "closed.routing");
    }

    function test_nobody_votes_twice_or_without_votes() external {
        vm.prank(ANNA);
        bytes32 approval = votes.propose(CALLER, ORDERS, now_ + 30 days);
        vm.prank(ANNA);
        vm.expectRevert(abi.encodeWithSelector(VoteThresholdPolicy.Voted.selector, ANNA));
        votes.vote(approval);
        vm.prank(STRANGER);
        vm.expectRevert(VoteThresholdPolicy.NoVotes.selector);
        votes.vote(approval);
        vm.prank(BEN);
        vm.expectRevert(abi.encodeWithSelector(VoteThresholdPolicy.ApprovalInvalid.selector, bytes32("none")));
        votes.vote("none");
        vm.prank(BEN);
        vm.expectRevert(abi.encodeWithSelector(VoteThresholdPolicy.ApprovalInvalid.selector, approval));
        votes.propose(CALLER, ORDERS, now_ + 30 days);
    }

    function test_T49_after_a_sale_the_vote_is_worth_nothing() external {
        vm.prank(ANNA);
        bytes32 approval = votes.propose(CALLER, ORDERS, FOREVER);
        vm.prank(BEN);
        votes.vote(approval);
        assertAllowed(request());
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        wait_(DELAY);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(votes), GUARDIAN, SERVICER);
        assertRefused(request(), "vote.none");
    }

    function test_a_threshold_is_a_share() external {
        uint256[2] memory none = [uint256(0), 10_001];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(VoteThresholdPolicy.ThresholdInvalid.selector);
            new VoteThresholdPolicy(registry, 2, IVotes(address(token)), none[i]);
        }
    }

    function test_another_portfolio_is_not_answered() external {
        portfolio = newPortfolio(STRANGER, address(votes), GUARDIAN, DELAY);
        assertRefused(request(), "vote.registry");
    }
}

contract OfficeHoursPolicyTest is InWorld {
    /// A Monday, 00:00 UTC.
    uint40 private constant MONDAY = 1_799_625_600;
    OfficeHoursPolicy private office;

    function setUp() public override {
        super.setUp();
        office = new OfficeHoursPolicy(registry, 2);
        portfolio = newPortfolio(OWNER, address(office), GUARDIAN, 0);
        vm.prank(OWNER);
        office.setDesk(CALLER, FOREVER, 100, 250);
    }

    function _at(uint256 time) private view returns (Request memory asked) {
        asked = request();
        asked.time = uint64(time);
    }

    function _spend(uint256 amount) private view returns (Request memory asked) {
        asked = _at(MONDAY + 9 hours);
        asked.class = Class.VALUE;
        asked.params = new Param[](1);
        asked.params[0] = Param(office.AMOUNT(), bytes32(amount));
    }

    function testFuzz_only_in_office_hours(uint32 second) external view {
        second = second % 7 days;
        bool open = second / 1 days < 5 && second % 1 days >= 8 hours && second % 1 days < 18 hours;
        if (open) assertAllowed(_at(MONDAY + second));
        else assertRefused(_at(MONDAY + second), "office.closed");
    }

    function testFuzz_an_amount_is_capped_by_call_and_by_day(uint256 amount) external view {
        Request memory asked = _spend(amount);
        if (amount > 100) return assertRefused(asked, "office.amount");
        Decision memory decision = authorize(asked);
        require(decision.allowed && decision.limits.length == 1);
        require(decision.limits[0].cost == amount && decision.limits[0].capacity == 250 && decision.limits[0].period == 1 days);
    }

    function test_two_amounts_are_one_sum_and_none_is_none() external view {
        Request memory asked = _spend(60);
        asked.params = new Param[](2);
        asked.params[0] = asked.params[1] = Param(office.AMOUNT(), bytes32(uint256(60)));
        assertRefused(asked, "office.amount");
        asked.params[0] = asked.params[1] = Param(office.AMOUNT(), bytes32(type(uint256).max));
        assertRefused(asked, "office.amount");
        asked.params = new Param[](0);
        assertRefused(asked, "office.amount");
    }

    function test_who_has_a_desk_and_for_what() external {
        Request memory asked = _at(MONDAY + 9 hours);
        asked.caller = STRANGER;
        assertRefused(asked, "office.nobody");
        asked = _at(MONDAY + 9 hours);
        asked.class = Class.WRITE;
        assertRefused(asked, "office.class");
        setStatus(Status.Default);
        assertRefused(_spend(1), "office.default");
        assertAllowed(_at(MONDAY + 9 hours));
        vm.prank(STRANGER);
        vm.expectRevert(ExamplePolicy.NotOwner.selector);
        office.setDesk(STRANGER, FOREVER, 1, 1);
        vm.prank(OWNER);
        office.setDesk(CALLER, FOREVER, 0, 0);
        assertRefused(_spend(0), "office.class");
        vm.prank(OWNER);
        office.setDesk(CALLER, 0, 0, 0);
        assertRefused(_at(MONDAY + 9 hours), "office.nobody");
        portfolio = newPortfolio(STRANGER, address(office), GUARDIAN, DELAY);
        assertRefused(_at(MONDAY + 9 hours), "office.registry");
    }

    function test_T49_a_desk_is_gone_with_the_sale() external {
        assertAllowed(_at(MONDAY + 9 hours));
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(office), GUARDIAN, SERVICER);
        assertRefused(_at(MONDAY + 9 hours), "office.nobody");
    }
}

contract SafeRefundPolicyTest is InWorld {
    bytes32 private constant REFUND = keccak256("shopify.mutation.refundCreate");
    uint256[3] private keys = [uint256(11), 22, 33];
    SafeRefundPolicy private refunds;

    function setUp() public override {
        super.setUp();
        TwoOfThree safe = new TwoOfThree(vm.addr(keys[0]), vm.addr(keys[1]), vm.addr(keys[2]));
        refunds = new SafeRefundPolicy(registry, 2, address(safe), REFUND);
        portfolio = newPortfolio(OWNER, address(refunds), GUARDIAN, 0);
    }

    function _sign(uint256 secret, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    function _asked(uint256 first, uint256 second) private view returns (Request memory asked) {
        asked = request();
        asked.operation = REFUND;
        asked.class = Class.VALUE;
        uint64 until = now_ + 1 days;
        bytes32 digest = refunds.digestOf(id(), 1, CALLER, asked.requestHash, until);
        if (vm.addr(first) > vm.addr(second)) (first, second) = (second, first);
        asked.evidence = abi.encode(until, abi.encodePacked(_sign(first, digest), _sign(second, digest)));
    }

    function test_T67_two_of_three_approve_one_refund_once() external view {
        for (uint256 i = 0; i < 3; ++i) {
            Decision memory decision = authorize(_asked(keys[i], keys[(i + 1) % 3]));
            require(decision.allowed && decision.rule == "refund.approved" && decision.limits.length == 1);
            require(decision.limits[0].capacity == 1 && decision.limits[0].cost == 1 && decision.limits[0].period == 0);
            // Whoever signed, it is the same approval: two pairs of signatures are not two refunds.
            assertEq(decision.limits[0].bucket, authorize(_asked(keys[0], keys[2])).limits[0].bucket);
        }
    }

    function test_one_owner_twice_or_a_stranger_is_not_two() external view {
        assertRefused(_asked(keys[0], keys[0]), "refund.signatures");
        assertRefused(_asked(keys[0], 44), "refund.signatures");
    }

    function testFuzz_T67_an_approval_is_for_one_request_of_one_caller_on_one_store(bytes32 other) external {
        Request memory asked = _asked(keys[0], keys[1]);
        vm.assume(other != asked.requestHash && other != SALT && other != 0);
        asked.requestHash = other;
        assertRefused(asked, "refund.signatures");
        asked = _asked(keys[0], keys[1]);
        asked.caller = STRANGER;
        assertRefused(asked, "refund.signatures");
        asked = _asked(keys[0], keys[1]);
        asked.ref.salt = other;
        assertRefused(asked, "refund.signatures");
        asked = _asked(keys[0], keys[1]);
        asked.time = now_ + 1 days;
        assertRefused(asked, "refund.expired");
        asked = _asked(keys[0], keys[1]);
        asked.class = Class.READ;
        assertRefused(asked, "refund.operation");
        asked = _asked(keys[0], keys[1]);
        asked.evidence = "";
        assertRefused(asked, "refund.evidence");
        asked.evidence = hex"01";
        assertRefused(asked, "policy.reverted");
    }

    function test_T49_an_approval_dies_with_the_sale() external {
        Request memory asked = _asked(keys[0], keys[1]);
        assertAllowed(asked);
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(refunds), GUARDIAN, SERVICER);
        assertRefused(asked, "refund.signatures");
        portfolio = newPortfolio(STRANGER, address(refunds), GUARDIAN, DELAY);
        assertRefused(_asked(keys[0], keys[1]), "refund.registry");
    }
}
