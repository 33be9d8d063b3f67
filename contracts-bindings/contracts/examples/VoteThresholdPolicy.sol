// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";

import {Decision, IStoreRegistry, Request, Subject} from "../src/Interfaces.sol";
import {ExamplePolicy} from "./ExamplePolicy.sol";

/// Token holders decide who may do what: an approval holds once at least the threshold of the votes that existed when it was proposed is for it.
///
/// Weights are those of the moment before the proposal, so nobody votes twice by passing tokens on. An approval belongs to the tenure in which it
/// was proposed: after a sale of the portfolio the old holders' word is worth nothing.
contract VoteThresholdPolicy is ExamplePolicy {
    /// One caller, one operation, every store of the portfolio.
    struct Approval {
        address caller;
        uint40 until;
        uint32 tenure;
        bytes32 operation;
        uint256 snapshot; // on the token's clock
        uint256 votes;
    }

    /// Somebody without votes has no say.
    error NoVotes();
    /// It was proposed already, or never.
    error ApprovalInvalid(bytes32 id);
    /// Each holder votes once.
    error Voted(address holder);
    /// More than a hundred percent, or nothing.
    error ThresholdInvalid();

    event Proposed(bytes32 indexed id, address indexed caller, bytes32 indexed operation, uint40 until, uint256 snapshot);
    event VotedFor(bytes32 indexed id, address indexed holder, uint256 weight);

    IVotes public immutable TOKEN;
    /// Of 10,000.
    uint256 public immutable THRESHOLD;
    mapping(bytes32 id => Approval) private _approvals;
    mapping(bytes32 id => mapping(address holder => bool)) private _voted;
    /// The approval in force for (tenure, caller, operation).
    mapping(bytes32 key => bytes32 id) private _latest;

    constructor(IStoreRegistry registry, uint64 portfolio, IVotes token, uint256 threshold) ExamplePolicy(registry, portfolio) {
        if (threshold == 0 || threshold > 10_000) revert ThresholdInvalid();
        TOKEN = token;
        THRESHOLD = threshold;
    }

    /// By a holder, whose own vote counts at once.
    function propose(address caller, bytes32 operation, uint40 until) external returns (bytes32 id) {
        uint256 snapshot = IERC6372(address(TOKEN)).clock() - 1;
        uint32 tenure = _whole().tenure;
        id = keccak256(abi.encode(caller, operation, until, tenure, snapshot));
        if (_approvals[id].snapshot != 0) revert ApprovalInvalid(id);
        _approvals[id] = Approval(caller, until, tenure, operation, snapshot, 0);
        emit Proposed(id, caller, operation, until, snapshot);
        vote(id);
    }

    /// By a holder, once.
    function vote(bytes32 id) public {
        Approval storage approval = _approvals[id];
        if (approval.snapshot == 0) revert ApprovalInvalid(id);
        if (_voted[id][msg.sender]) revert Voted(msg.sender);
        uint256 weight = TOKEN.getPastVotes(msg.sender, approval.snapshot);
        if (weight == 0) revert NoVotes();
        _voted[id][msg.sender] = true;
        approval.votes += weight;
        emit VotedFor(id, msg.sender, weight);
        if (_passes(approval)) _latest[_key(approval.tenure, approval.caller, approval.operation)] = id;
    }

    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory) {
        if (!_isAsked(subject)) return _no("vote.registry");
        // The portfolio's tenure and not the store's: an approval is for every store, those that came from elsewhere among them.
        Approval storage approval = _approvals[_latest[_key(_whole().tenure, request.caller, request.operation)]];
        if (approval.snapshot == 0) return _no("vote.none");
        if (request.time >= approval.until) return _no("vote.expired");
        if (request.agent != 0) return _no("vote.agent");
        return _yes("vote.passed");
    }

    function _passes(Approval storage approval) private view returns (bool) {
        return approval.votes * 10_000 >= TOKEN.getPastTotalSupply(approval.snapshot) * THRESHOLD;
    }

    function _key(uint32 tenure, address caller, bytes32 operation) private pure returns (bytes32) {
        return keccak256(abi.encode(tenure, caller, operation));
    }
}
