// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreAccessPolicyAdmin, IStoreRegistry, StoreRef, Subject} from "../Interfaces.sol";
import {IStoreAccessPolicyView} from "../IStoreAccessPolicyView.sol";
import {IStoreRegistryView} from "../IStoreRegistryView.sol";
import {GrantRules} from "./GrantRules.sol";

/// What owners wrote down: grants, denials, roles and roots, and how they do it.
///
/// Everything is keyed by the portfolio's tenure, and what names one store by that store's: neither survives a change of hands, and no list
/// has to be emptied for that.
abstract contract GrantBook is IStoreAccessPolicyAdmin, IStoreAccessPolicyView {
    /// The sender does not own the portfolio.
    error NotOwner(uint64 portfolio);
    /// Nothing was granted under this id, or it was revoked.
    error GrantUnknown(bytes32 id);
    /// A role must not look like an address.
    error RoleInvalid(bytes32 role);

    /// Flag: good for a caller's agents too.
    uint8 internal constant AGENTS = 1;
    /// Flag: there is a spend parameter, a projection or a constraint.
    uint8 internal constant MORE = 2;

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

    address internal _registry;
    mapping(uint64 portfolio => mapping(bytes32 id => Stored)) internal _grants;
    /// Keyed by tenure and subject; subject 0 = everybody.
    mapping(uint64 portfolio => mapping(bytes32 key => Denials)) internal _denials;
    /// Keyed by tenure, subject and operation.
    mapping(uint64 portfolio => mapping(bytes32 key => bool)) internal _deniedOperations;
    /// Until when; keyed by tenure, role and member.
    mapping(uint64 portfolio => mapping(bytes32 key => uint40)) internal _members;
    mapping(uint64 portfolio => mapping(uint32 tenure => bytes32)) internal _roots;

    /// @inheritdoc IStoreAccessPolicyAdmin
    /// @dev A grant for the same subject, store and operation or class is replaced; its limit goes on counting. `until` is the first second
    /// at which it is over. Capacity 0 = no limit.
    function grant(uint64 portfolio, Grant[] calldata grants) external returns (bytes32[] memory ids) {
        _ownerOnly(portfolio);
        ids = new bytes32[](grants.length);
        for (uint256 i = 0; i < grants.length; ++i) {
            Grant calldata given = grants[i];
            GrantRules.check(given);
            bytes32 id = grantIdOf(portfolio, given.subject, given.store, given.what);
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
        if (uint256(what) <= GrantRules.MAX_CLASS) {
            uint16 bit = uint16(1 << uint256(what));
            denials.classes = denied ? denials.classes | bit : denials.classes & ~bit;
        } else {
            GrantRules.checkOperation(what);
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
    /// @dev Root 0 ends all grants of the tree. A grant of it is taken back by a new root, or by a denial.
    function setGrantRoot(uint64 portfolio, bytes32 root, string calldata uri) external {
        _roots[portfolio][_ownerOnly(portfolio)] = root;
        emit GrantRootSet(portfolio, root, uri);
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

    /// @inheritdoc IStoreAccessPolicyView
    function grantIdOf(uint64 portfolio, bytes32 subject, bytes32 store, bytes32 what) public view returns (bytes32) {
        return _grantId(portfolio, _tenure(portfolio, store), subject, store, what);
    }

    /// @inheritdoc IStoreAccessPolicyView
    function grantRootOf(uint64 portfolio) external view returns (bytes32) {
        return _roots[portfolio][_tenure(portfolio, 0)];
    }

    /// @inheritdoc IStoreAccessPolicyView
    function memberUntil(uint64 portfolio, bytes32 role, address member) external view returns (uint40) {
        return _members[portfolio][_memberKey(_tenure(portfolio, 0), role, member)];
    }

    /// @inheritdoc IStoreAccessPolicyView
    function isDenied(uint64 portfolio, bytes32 what, bytes32 subject) external view returns (bool) {
        uint32 tenure = _tenure(portfolio, 0);
        if (uint256(what) > GrantRules.MAX_CLASS) return _deniedOperations[portfolio][_deniedOperationKey(tenure, subject, what)];
        return _denials[portfolio][_denialKey(tenure, subject)].classes & uint16(1 << uint256(what)) != 0;
    }

    /// The portfolio's tenure, or for a store of it the store's.
    function _tenure(uint64 portfolio, bytes32 store) internal view returns (uint32) {
        return IStoreRegistryView(_registry).tenureOf(portfolio, store);
    }

    function _ownerOnly(uint64 portfolio) private view returns (uint32 tenure) {
        Subject memory subject = IStoreRegistry(_registry).subjectOf(StoreRef({origin: portfolio, salt: 0}));
        if (subject.owner == address(0) || msg.sender != subject.owner) revert NotOwner(portfolio);
        return subject.tenure;
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
        // One by one, so that the code also compiles without the intermediate representation, as coverage needs it.
        delete stored.where;
        for (uint256 i = 0; i < given.where.length; ++i) {
            stored.where.push(given.where[i]);
        }
        stored.subject = given.subject;
        stored.store = given.store;
        stored.what = given.what;
    }

    function _grantId(uint64 portfolio, uint32 tenure, bytes32 subject, bytes32 store, bytes32 what) internal pure returns (bytes32) {
        return keccak256(abi.encode(portfolio, tenure, subject, store, what));
    }

    function _denialKey(uint32 tenure, bytes32 subject) internal pure returns (bytes32) {
        return keccak256(abi.encode(tenure, subject));
    }

    function _deniedOperationKey(uint32 tenure, bytes32 subject, bytes32 operation) internal pure returns (bytes32) {
        return keccak256(abi.encode(tenure, subject, operation));
    }

    function _memberKey(uint32 tenure, bytes32 role, address member) internal pure returns (bytes32) {
        return keccak256(abi.encode(tenure, role, member));
    }
}
