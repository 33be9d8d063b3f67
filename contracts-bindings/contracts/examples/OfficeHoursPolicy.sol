// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, Decision, IStoreRegistry, Limit, Param, Request, Status, Subject} from "../src/Interfaces.sol";
import {ExamplePolicy} from "./ExamplePolicy.sol";

/// People work from Monday to Friday, 08:00 to 18:00 UTC, and spend no more than a cap: per call and per day.
///
/// Reading is free of caps. An operation of class VALUE needs the parameter "amount" (a count in millionths); its sum is limited per call here, and per
/// day by the vault. Nothing is spent while a store is in default.
contract OfficeHoursPolicy is ExamplePolicy {
    /// What one person may.
    struct Desk {
        uint40 until; // 0 = nothing
        uint32 tenure;
        uint128 perDay; // 0 = reads only
        uint128 perCall;
    }

    event DeskSet(address indexed caller, uint40 until, uint128 perCall, uint128 perDay);

    bytes32 public constant AMOUNT = keccak256("amount");
    uint256 private constant OPENS = 8 hours;
    uint256 private constant CLOSES = 18 hours;
    mapping(address caller => Desk) private _desks;

    constructor(IStoreRegistry registry, uint64 portfolio) ExamplePolicy(registry, portfolio) {}

    /// By the portfolio's owner. `until` 0 ends it.
    function setDesk(address caller, uint40 until, uint128 perCall, uint128 perDay) external onlyOwner {
        _desks[caller] = Desk({until: until, tenure: _whole().tenure, perDay: perDay, perCall: perCall});
        emit DeskSet(caller, until, perCall, perDay);
    }

    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory decision) {
        if (!_isAsked(subject)) return _no("office.registry");
        Desk memory desk = _desks[request.caller];
        if (desk.tenure != _whole().tenure || request.time >= desk.until || request.agent != 0) return _no("office.nobody");
        if (!_isOpen(request.time)) return _no("office.closed");
        if (request.class == Class.READ) return _yes("office.read");
        if (request.class != Class.VALUE || desk.perDay == 0) return _no("office.class");
        if (subject.status == Status.Default) return _no("office.default");
        (bool known, uint256 amount) = _amount(request.params);
        if (!known || amount > desk.perCall) return _no("office.amount");
        decision = _yes("office.value");
        decision.limits = new Limit[](1);
        bytes32 bucket = keccak256(abi.encode("office", request.caller));
        decision.limits[0] = Limit({bucket: bucket, cost: uint128(amount), capacity: desk.perDay, period: 1 days});
    }

    /// 1 January 1970 was a Thursday.
    function _isOpen(uint64 time) private pure returns (bool) {
        uint256 weekday = (uint256(time) / 1 days + 3) % 7; // 0 = Monday
        uint256 second = uint256(time) % 1 days;
        return weekday < 5 && second >= OPENS && second < CLOSES;
    }

    /// The sum of all amounts; unknown if there is none or it does not fit.
    function _amount(Param[] calldata params) private pure returns (bool known, uint256 sum) {
        for (uint256 i = 0; i < params.length; ++i) {
            if (params[i].name != AMOUNT) continue;
            known = true;
            uint256 value = uint256(params[i].value);
            if (value > type(uint128).max - sum) return (false, 0);
            sum += value;
        }
    }
}
