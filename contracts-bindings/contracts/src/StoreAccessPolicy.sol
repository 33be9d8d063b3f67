// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    Class, Decision, IStoreAccessPolicy, IStoreAccessPolicyAdmin, IStoreRegistry, Limit, Param, Request, StoreRef, Subject
} from "./Interfaces.sol";
import {IERC165} from "./IERC165.sol";

/// The reference policy: one instance for all portfolios of one registry. Nothing is allowed but by a grant, and a denial beats every grant.
/// Everything is keyed by the portfolio's tenure, so a new owner starts with nothing granted.
///
/// What a grant covers is a key and not a condition: it is found by hashing (subject, store, what), for the caller and the claimed role, the
/// store and all stores, the operation and its class. A decision reads at most eight grants, most of which are one slot each.
contract StoreAccessPolicy is IStoreAccessPolicy, IStoreAccessPolicyAdmin, IERC165 {
    /// The function is named in the interface and not offered by this version of the contract.
    error Unsupported(string reason);
    error NotOwner(uint64 portfolio);
    error GrantUnknown(bytes32 id);
    /// 0 is not a subject to grant to.
    error SubjectInvalid();
    /// Neither an operation nor a class; or EXPORT, which no class grant covers.
    error WhatInvalid(bytes32 what);
    /// Ends before it starts.
    error PeriodInvalid(uint40 from, uint40 until);
    /// None, or a bit that is no Status.
    error StatusesInvalid(uint8 statuses);
    /// `period` or `spend` without a `capacity`.
    error LimitInvalid();
    /// The number of values does not fit the test.
    error ConstraintInvalid(bytes32 param);
    /// A role must not look like an address.
    error RoleInvalid(bytes32 role);

    /// Grants for a class are named by the class's number.
    uint256 private constant MAX_CLASS = uint256(uint8(type(Class).max));
    uint8 private constant ALL_STATUSES = 0x0f;
    /// Flag: good for a caller's agents too.
    uint8 private constant AGENTS = 1;
    /// Flag: there is a spend parameter, a projection or a constraint.
    uint8 private constant MORE = 2;

    /// The first slot decides alone unless a flag says that there is more.
    struct Stored {
        uint128 capacity; // 0 = no limit
        uint40 from;
        uint40 until;
        uint32 period;
        uint8 statuses; // 0 = no grant
        uint8 flags;
        bytes32 spend;
        bytes32 projection;
        Constraint[] where;
        bytes32 subject;
        bytes32 store;
        bytes32 what;
    }

    /// What is denied to a subject.
    struct Denials {
        uint16 classes; // bit i = Class i; bit 0 = everything
        uint64 operations; // how many are denied by name
    }

    IStoreRegistry private _registry;
    mapping(uint64 portfolio => mapping(bytes32 id => Stored)) private _grants;
    /// Keyed by tenure and subject; subject 0 = everybody.
    mapping(uint64 portfolio => mapping(bytes32 key => Denials)) private _denials;
    /// Keyed by tenure, subject and operation.
    mapping(uint64 portfolio => mapping(bytes32 key => bool)) private _deniedOperations;
    /// Until when; keyed by tenure, role and member.
    mapping(uint64 portfolio => mapping(bytes32 key => uint40)) private _members;

    /// Storage and not an immutable, so that the code at the address is the published one to the last byte.
    constructor(IStoreRegistry registry) {
        _registry = registry;
    }

    /// @inheritdoc IStoreAccessPolicy
    /// @dev Grants add up: the first that covers the request allows it. If none does, the rule is what stopped the narrowest one that exists.
    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory decision) {
        // Portfolio numbers mean something in one registry only.
        if (msg.sender != address(_registry)) return _refuse("policy.registry");
        bytes32 caller = bytes32(uint256(uint160(request.caller)));
        if (_isDenied(request, subject, caller) || _isDenied(request, subject, 0)) return _refuse("denied");
        decision = _tryGrants(request, subject, caller);
        if (request.role == 0) return decision;

        if (_isDenied(request, subject, request.role)) return _refuse("denied");
        if (decision.allowed) return decision;
        if (request.time >= _members[subject.portfolio][_memberKey(subject.tenure, request.role, request.caller)]) {
            return decision.rule == "grant.none" ? _refuse("role.not_member") : decision;
        }
        Decision memory byRole = _tryGrants(request, subject, request.role);
        return byRole.allowed || decision.rule == "grant.none" ? byRole : decision;
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    /// @dev A grant for the same subject, store and operation or class is replaced; its limit goes on counting. `until` is the first second
    /// at which it is over. Capacity 0 = no limit.
    function grant(uint64 portfolio, Grant[] calldata grants) external returns (bytes32[] memory ids) {
        uint32 tenure = _ownerOnly(portfolio);
        ids = new bytes32[](grants.length);
        for (uint256 i = 0; i < grants.length; ++i) {
            Grant calldata given = grants[i];
            _check(given);
            bytes32 id = _grantId(portfolio, tenure, given.subject, given.store, given.what);
            _write(_grants[portfolio][id], given);
            ids[i] = id;
            emit Granted(portfolio, given.subject, id, given);
        }
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    function revoke(uint64 portfolio, bytes32[] calldata ids) external {
        _ownerOnly(portfolio);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_grants[portfolio][ids[i]].statuses == 0) revert GrantUnknown(ids[i]);
            delete _grants[portfolio][ids[i]];
            emit Revoked(portfolio, ids[i]);
        }
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    /// @dev `what` 0 = everything, `subject` 0 = everybody. A denied role stops who claims it; to stop a person, deny the caller.
    function setDenied(uint64 portfolio, bytes32 what, bytes32 subject, bool denied) external {
        uint32 tenure = _ownerOnly(portfolio);
        Denials storage denials = _denials[portfolio][_denialKey(tenure, subject)];
        if (uint256(what) <= MAX_CLASS) {
            uint16 bit = uint16(1 << uint256(what));
            denials.classes = denied ? denials.classes | bit : denials.classes & ~bit;
        } else {
            _notShort(what);
            bytes32 key = _deniedOperationKey(tenure, subject, what);
            if (_deniedOperations[portfolio][key] != denied) {
                _deniedOperations[portfolio][key] = denied;
                denials.operations = denied ? denials.operations + 1 : denials.operations - 1;
            }
        }
        emit Denied(portfolio, what, subject, denied);
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    /// @dev `until` is the first second at which the membership is over; 0 ends it.
    function setRole(uint64 portfolio, bytes32 role, address[] calldata members, uint40 until) external {
        uint32 tenure = _ownerOnly(portfolio);
        if (uint256(role) <= type(uint160).max) revert RoleInvalid(role);
        for (uint256 i = 0; i < members.length; ++i) {
            _members[portfolio][_memberKey(tenure, role, members[i])] = until;
            emit RoleSet(portfolio, role, members[i], until);
        }
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    function setGrantRoot(uint64 portfolio, bytes32 root, string calldata uri) external pure {
        revert Unsupported("grant.root");
    }

    /// @inheritdoc IStoreAccessPolicyAdmin
    /// @dev All zeros = no such grant.
    function grantOf(uint64 portfolio, bytes32 id) external view returns (Grant memory) {
        Stored storage stored = _grants[portfolio][id];
        return Grant({
            subject: stored.subject,
            store: stored.store,
            what: stored.what,
            from: stored.from,
            until: stored.until,
            statuses: stored.statuses,
            capacity: stored.capacity,
            period: stored.period,
            spend: stored.spend,
            projection: stored.projection,
            allowAgents: stored.flags & AGENTS != 0,
            where: stored.where
        });
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IStoreAccessPolicy).interfaceId
            || interfaceId == type(IStoreAccessPolicyAdmin).interfaceId;
    }

    /// The narrowest grant first.
    function _tryGrants(Request calldata request, Subject calldata subject, bytes32 holder) private view returns (Decision memory decision) {
        bytes32 class = request.class == Class.EXPORT ? bytes32(0) : bytes32(uint256(uint8(request.class)));
        decision = _tryGrant(request, subject, holder, subject.store, request.operation);
        if (decision.allowed) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, holder, 0, request.operation));
        if (decision.allowed || class == 0) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, holder, subject.store, class));
        if (decision.allowed) return decision;
        decision = _orElse(decision, _tryGrant(request, subject, holder, 0, class));
    }

    function _orElse(Decision memory first, Decision memory second) private pure returns (Decision memory) {
        return second.allowed || first.rule == "grant.none" ? second : first;
    }

    function _tryGrant(Request calldata request, Subject calldata subject, bytes32 holder, bytes32 store, bytes32 what)
        private
        view
        returns (Decision memory decision)
    {
        bytes32 id = _grantId(subject.portfolio, subject.tenure, holder, store, what);
        Stored storage stored = _grants[subject.portfolio][id];
        uint8 statuses = stored.statuses;
        if (statuses == 0) return _refuse("grant.none");
        if (request.time < stored.from) return _refuse("grant.not_yet");
        if (request.time >= stored.until) return _refuse("grant.expired");
        if ((statuses >> uint8(subject.status)) & 1 == 0) return _refuse("grant.status");
        if (request.agent != 0 && stored.flags & AGENTS == 0) return _refuse("grant.agent");

        uint256 cost = 1;
        if (stored.flags & MORE != 0) {
            if (!_passes(request.params, stored.where)) return _refuse("grant.where");
            bool known;
            (known, cost) = _cost(request.params, stored.spend);
            if (!known) return _refuse("grant.spend");
            decision.projection = stored.projection;
        }
        uint128 capacity = stored.capacity;
        if (capacity != 0) {
            decision.limits = new Limit[](1);
            decision.limits[0] = Limit({bucket: id, cost: uint128(cost), capacity: capacity, period: stored.period});
        }
        decision.allowed = true;
        decision.rule = "granted";
    }

    /// What the call costs: 1, or the sum of the values of `spend`, which must then be there and fit.
    function _cost(Param[] calldata params, bytes32 spend) private pure returns (bool known, uint256 cost) {
        if (spend == 0) return (true, 1);
        for (uint256 i = 0; i < params.length; ++i) {
            if (params[i].name != spend) continue;
            known = true;
            uint256 value = uint256(params[i].value);
            if (value > type(uint128).max || cost + value > type(uint128).max) return (false, 0);
            cost += value;
        }
    }

    /// Every value of a constrained parameter must pass; an absent parameter fails.
    function _passes(Param[] calldata params, Constraint[] storage where) private view returns (bool) {
        uint256 count = where.length;
        for (uint256 i = 0; i < count; ++i) {
            Constraint storage constraint = where[i];
            bytes32 name = constraint.param;
            bool seen = false;
            for (uint256 j = 0; j < params.length; ++j) {
                if (params[j].name != name) continue;
                seen = true;
                if (!_meets(params[j].value, constraint)) return false;
            }
            if (!seen) return false;
        }
        return true;
    }

    function _meets(bytes32 value, Constraint storage constraint) private view returns (bool) {
        Test test = constraint.test;
        bytes32[] storage values = constraint.values;
        if (test == Test.AtMost) return uint256(value) <= uint256(values[0]);
        if (test == Test.AtLeast) return uint256(value) >= uint256(values[0]);
        uint256 count = values.length;
        for (uint256 i = 0; i < count; ++i) {
            if (value == values[i]) return true;
        }
        return false;
    }

    function _isDenied(Request calldata request, Subject calldata subject, bytes32 who) private view returns (bool) {
        Denials storage denials = _denials[subject.portfolio][_denialKey(subject.tenure, who)];
        if (denials.classes & uint16(1 | (1 << uint256(uint8(request.class)))) != 0) return true;
        return denials.operations != 0
            && _deniedOperations[subject.portfolio][_deniedOperationKey(subject.tenure, who, request.operation)];
    }

    function _ownerOnly(uint64 portfolio) private view returns (uint32 tenure) {
        Subject memory subject = _registry.subjectOf(StoreRef({origin: portfolio, salt: 0}));
        if (subject.owner == address(0) || msg.sender != subject.owner) revert NotOwner(portfolio);
        return subject.tenure;
    }

    function _check(Grant calldata given) private pure {
        if (given.subject == 0) revert SubjectInvalid();
        if (given.what == 0 || given.what == bytes32(uint256(uint8(Class.EXPORT)))) revert WhatInvalid(given.what);
        if (uint256(given.what) > MAX_CLASS) _notShort(given.what);
        if (given.until <= given.from) revert PeriodInvalid(given.from, given.until);
        if (given.statuses == 0 || given.statuses & ~ALL_STATUSES != 0) revert StatusesInvalid(given.statuses);
        if (given.capacity == 0 && (given.period != 0 || given.spend != 0)) revert LimitInvalid();
        for (uint256 i = 0; i < given.where.length; ++i) {
            Constraint calldata constraint = given.where[i];
            bool fits = constraint.test == Test.OneOf ? constraint.values.length > 0 : constraint.values.length == 1;
            if (!fits || constraint.param == 0) revert ConstraintInvalid(constraint.param);
        }
    }

    /// An operation is a hash; a short number that is no class is a mistake.
    function _notShort(bytes32 what) private pure {
        if (uint256(what) <= type(uint160).max) revert WhatInvalid(what);
    }

    function _write(Stored storage stored, Grant calldata given) private {
        stored.capacity = given.capacity;
        stored.from = given.from;
        stored.until = given.until;
        stored.period = given.period;
        stored.statuses = given.statuses;
        bool more = given.spend != 0 || given.projection != 0 || given.where.length != 0;
        stored.flags = (given.allowAgents ? AGENTS : 0) | (more ? MORE : 0);
        stored.spend = given.spend;
        stored.projection = given.projection;
        stored.where = given.where;
        stored.subject = given.subject;
        stored.store = given.store;
        stored.what = given.what;
    }

    function _refuse(bytes32 rule) private pure returns (Decision memory decision) {
        decision.rule = rule;
    }

    function _grantId(uint64 portfolio, uint32 tenure, bytes32 subject, bytes32 store, bytes32 what) private pure returns (bytes32) {
        return keccak256(abi.encode(portfolio, tenure, subject, store, what));
    }

    function _denialKey(uint32 tenure, bytes32 subject) private pure returns (bytes32) {
        return keccak256(abi.encode(tenure, subject));
    }

    function _deniedOperationKey(uint32 tenure, bytes32 subject, bytes32 operation) private pure returns (bytes32) {
        return keccak256(abi.encode(tenure, subject, operation));
    }

    function _memberKey(uint32 tenure, bytes32 role, address member) private pure returns (bytes32) {
        return keccak256(abi.encode(tenure, role, member));
    }
}
