// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, IStoreAccessPolicyAdmin, Param} from "../Interfaces.sol";

/// What a grant may say, and whether a request's parameters meet it.
library GrantRules {
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

    /// Grants for a class are named by the class's number.
    uint256 internal constant MAX_CLASS = uint256(uint8(type(Class).max));
    uint8 private constant ALL_STATUSES = 0x0f;

    /// Reverts if the grant means nothing.
    function check(IStoreAccessPolicyAdmin.Grant memory given) internal pure {
        if (given.subject == 0) revert SubjectInvalid();
        if (given.what == 0 || given.what == bytes32(uint256(uint8(Class.EXPORT)))) revert WhatInvalid(given.what);
        if (uint256(given.what) > MAX_CLASS) checkOperation(given.what);
        if (given.until <= given.from) revert PeriodInvalid(given.from, given.until);
        if (given.statuses == 0 || given.statuses & ~ALL_STATUSES != 0) revert StatusesInvalid(given.statuses);
        if (given.capacity == 0 && (given.period != 0 || given.spend != 0)) revert LimitInvalid();
        for (uint256 i = 0; i < given.where.length; ++i) {
            IStoreAccessPolicyAdmin.Constraint memory constraint = given.where[i];
            bool several = constraint.test == IStoreAccessPolicyAdmin.Test.OneOf;
            bool fits = several ? constraint.values.length > 0 : constraint.values.length == 1;
            if (!fits || constraint.param == 0) revert ConstraintInvalid(constraint.param);
        }
    }

    /// An operation is a hash; a short number that is no class is a mistake.
    function checkOperation(bytes32 what) internal pure {
        if (uint256(what) <= type(uint160).max) revert WhatInvalid(what);
    }

    /// Every value of a constrained parameter must pass; an absent parameter fails.
    function passes(Param[] calldata params, IStoreAccessPolicyAdmin.Constraint[] memory where) internal pure returns (bool) {
        for (uint256 i = 0; i < where.length; ++i) {
            IStoreAccessPolicyAdmin.Constraint memory constraint = where[i];
            bool seen = false;
            for (uint256 j = 0; j < params.length; ++j) {
                if (params[j].name != constraint.param) continue;
                seen = true;
                if (!_meets(params[j].value, constraint)) return false;
            }
            if (!seen) return false;
        }
        return true;
    }

    /// What a call costs: 1, or the sum of the values of `spend`, which must then be there and fit.
    function cost(Param[] calldata params, bytes32 spend) internal pure returns (bool known, uint128 sum) {
        if (spend == 0) return (true, 1);
        uint256 total = 0;
        for (uint256 i = 0; i < params.length; ++i) {
            if (params[i].name != spend) continue;
            known = true;
            uint256 value = uint256(params[i].value);
            if (value > type(uint128).max - total) return (false, 0);
            total += value;
        }
        return (known, uint128(total));
    }

    function _meets(bytes32 value, IStoreAccessPolicyAdmin.Constraint memory constraint) private pure returns (bool) {
        bytes32[] memory values = constraint.values;
        if (constraint.test == IStoreAccessPolicyAdmin.Test.AtMost) return uint256(value) <= uint256(values[0]);
        if (constraint.test == IStoreAccessPolicyAdmin.Test.AtLeast) return uint256(value) >= uint256(values[0]);
        for (uint256 i = 0; i < values.length; ++i) {
            if (value == values[i]) return true;
        }
        return false;
    }
}
