// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {Class, Decision, IStoreAccessPolicy, IStoreAccessPolicyAdmin, IStoreRegistry, Limit, Request, Subject} from "./Interfaces.sol";
import {IStoreAccessPolicyView} from "./IStoreAccessPolicyView.sol";
import {GrantBook} from "./policy/GrantBook.sol";
import {GrantRules} from "./policy/GrantRules.sol";

/// The reference policy: one instance for all portfolios of one registry. Nothing is allowed but by a grant, and a denial beats every grant.
///
/// What a grant covers is a key and not a condition: it is found by hashing (subject, store, what), for the caller and the claimed role, the
/// store and all stores, the operation and its class. A decision reads at most eight grants, most of which are one slot each. If none allows,
/// the caller's evidence may show one more under the portfolio's Merkle root.
contract StoreAccessPolicy is GrantBook, IStoreAccessPolicy, IERC165 {
    /// Whom a grant must name, and under which tenures it must have been made.
    struct Holder {
        bytes32 subject; // the caller, or a role it has
        uint32 tenure; // of the portfolio
    }

    /// Storage and not an immutable, so that the code at the address is the published one to the last byte.
    constructor(IStoreRegistry registry) {
        _registry = address(registry);
    }

    /// @inheritdoc IStoreAccessPolicy
    /// @dev Grants add up: the first that covers the request allows it. If none does, the rule is what stopped the narrowest one that exists.
    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory decision) {
        // Portfolio numbers mean something in one registry only.
        if (msg.sender != _registry) return _refuse("policy.registry");
        uint32 tenure = _tenure(subject.portfolio, 0);
        bytes32 caller = bytes32(uint256(uint160(request.caller)));
        if (_isDenied(request, tenure, subject, caller) || _isDenied(request, tenure, subject, 0)) return _refuse("denied");
        if (request.role != 0 && _isDenied(request, tenure, subject, request.role)) return _refuse("denied");

        decision = _tryGrants(request, subject, Holder(caller, tenure));
        bool member = request.role != 0 && request.time < _members[subject.portfolio][_memberKey(tenure, request.role, request.caller)];
        if (!decision.allowed && request.role != 0) {
            decision = _orElse(decision, member ? _tryGrants(request, subject, Holder(request.role, tenure)) : _refuse("role.not_member"));
        }
        if (!decision.allowed && request.evidence.length != 0) {
            decision = _orElse(decision, _tryEvidence(request, subject, Holder(member ? request.role : bytes32(0), tenure)));
        }
    }

    /// @inheritdoc IStoreAccessPolicyView
    function openEvidence(bytes calldata evidence) external pure returns (Grant memory given, bytes32 leaf, bytes32[] memory proof) {
        bytes32 salt;
        (given, salt, proof) = abi.decode(evidence, (Grant, bytes32, bytes32[]));
        GrantRules.check(given);
        leaf = keccak256(abi.encode(given, salt));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IStoreAccessPolicy).interfaceId
            || interfaceId == type(IStoreAccessPolicyAdmin).interfaceId;
    }

    /// The narrowest grant first.
    function _tryGrants(Request calldata request, Subject calldata subject, Holder memory holder) private view returns (Decision memory decision) {
        bytes32 class = _classGrant(request.class);
        decision = _tryGrant(request, subject, _grantId(subject.portfolio, subject.tenure, holder.subject, subject.store, request.operation));
        if (decision.allowed) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, _grantId(subject.portfolio, holder.tenure, holder.subject, 0, request.operation)));
        if (decision.allowed || class == 0) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, _grantId(subject.portfolio, subject.tenure, holder.subject, subject.store, class)));
        if (decision.allowed) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, _grantId(subject.portfolio, holder.tenure, holder.subject, 0, class)));
    }

    function _tryGrant(Request calldata request, Subject calldata subject, bytes32 id) private view returns (Decision memory decision) {
        Stored storage stored = _grants[subject.portfolio][id];
        uint8 statuses = stored.statuses;
        if (statuses == 0) return _refuse("grant.none");
        uint8 flags = stored.flags;
        bytes32 rule = _stopped(request, subject, stored.from, stored.until, statuses, flags & AGENTS != 0);
        if (rule != 0) return _refuse(rule);
        if (flags & MORE == 0) return _allow(id, 1, stored.capacity, stored.period, 0);
        return _meet(request, id, stored.where, stored.spend, stored.capacity, stored.period, stored.projection);
    }

    /// A grant out of the caller's evidence. Its limit is counted by its leaf.
    /// One that names a store does not cover a store that came from elsewhere: the root may be older than the store's stay.
    function _tryEvidence(Request calldata request, Subject calldata subject, Holder memory holder) private view returns (Decision memory) {
        bytes32 root = _roots[subject.portfolio][holder.tenure];
        if (root == 0) return _refuse("grant.root");
        try this.openEvidence(request.evidence) returns (Grant memory given, bytes32 leaf, bytes32[] memory proof) {
            if (!MerkleProof.verify(proof, root, leaf)) return _refuse("grant.root");
            bytes32 caller = bytes32(uint256(uint160(request.caller)));
            if (given.subject != caller && (holder.subject == 0 || given.subject != holder.subject)) return _refuse("grant.subject");
            if (given.store != 0 && (given.store != subject.store || subject.tenure != holder.tenure)) return _refuse("grant.store");
            if (given.what != request.operation && given.what != _classGrant(request.class)) return _refuse("grant.what");
            bytes32 rule = _stopped(request, subject, given.from, given.until, given.statuses, given.allowAgents);
            if (rule != 0) return _refuse(rule);
            bytes32 bucket = keccak256(abi.encode(subject.portfolio, holder.tenure, leaf));
            return _meet(request, bucket, given.where, given.spend, given.capacity, given.period, given.projection);
        } catch {
            return _refuse("grant.evidence");
        }
    }

    /// The rule by which a grant for this caller, store and operation does not hold now; 0 = it holds.
    function _stopped(Request calldata request, Subject calldata subject, uint40 from, uint40 until, uint8 statuses, bool agents)
        private
        pure
        returns (bytes32)
    {
        if (request.time < from) return "grant.not_yet";
        if (request.time >= until) return "grant.expired";
        if ((statuses >> uint8(subject.status)) & 1 == 0) return "grant.status";
        if (request.agent != 0 && !agents) return "grant.agent";
        return 0;
    }

    function _meet(
        Request calldata request,
        bytes32 bucket,
        Constraint[] memory where,
        bytes32 spend,
        uint128 capacity,
        uint32 period,
        bytes32 projection
    ) private pure returns (Decision memory) {
        if (!GrantRules.passes(request.params, where)) return _refuse("grant.where");
        (bool known, uint128 cost) = GrantRules.cost(request.params, spend);
        if (!known) return _refuse("grant.spend");
        return _allow(bucket, cost, capacity, period, projection);
    }

    function _isDenied(Request calldata request, uint32 tenure, Subject calldata subject, bytes32 who) private view returns (bool) {
        Denials storage denials = _denials[subject.portfolio][_denialKey(tenure, who)];
        if (denials.classes & uint16(1 | (1 << uint256(uint8(request.class)))) != 0) return true;
        return denials.operations != 0 && _deniedOperations[subject.portfolio][_deniedOperationKey(tenure, who, request.operation)];
    }

    /// What a grant for the whole class is named by; EXPORT has none.
    function _classGrant(Class class) private pure returns (bytes32) {
        return class == Class.EXPORT ? bytes32(0) : bytes32(uint256(uint8(class)));
    }

    /// The first if there is such a grant, else the second.
    function _orElse(Decision memory first, Decision memory second) private pure returns (Decision memory) {
        return second.allowed || first.rule == "grant.none" || first.rule == "role.not_member" ? second : first;
    }

    function _allow(bytes32 bucket, uint128 cost, uint128 capacity, uint32 period, bytes32 projection)
        private
        pure
        returns (Decision memory decision)
    {
        decision.allowed = true;
        decision.rule = "granted";
        decision.projection = projection;
        if (capacity != 0) {
            decision.limits = new Limit[](1);
            decision.limits[0] = Limit({bucket: bucket, cost: cost, capacity: capacity, period: period});
        }
    }

    function _refuse(bytes32 rule) private pure returns (Decision memory decision) {
        decision.rule = rule;
    }
}
