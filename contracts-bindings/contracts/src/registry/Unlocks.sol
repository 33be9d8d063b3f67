// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Class, IStoreRegistry, Request, Status, StoreRef, Subject} from "../Interfaces.sol";
import {RegistryState} from "./RegistryState.sol";

/// The classes that are closed before any policy is asked, and the slow ways to open one operation of them on one store.
///
/// An unlock is for one operation on one store (or, with salt 0, for one operation on the portfolio itself: never for its stores). It opens after the
/// portfolio's delay and at least two days, unless the guardian vetoed it, and closes by itself. It opens the registry only: the policy is asked all the
/// same. It is keyed by the store's tenure, so it does not survive a change of hands.
abstract contract Unlocks is RegistryState {
    /// Nobody but the owner could veto: the portfolio has no guardian, or its guardian is its owner.
    error GuardianMissing(uint64 portfolio);
    /// 0 is no operation.
    error OperationInvalid();
    /// Over before it opens, or open for longer than 30 days.
    error UnlockPeriodInvalid(uint40 from, uint40 until);
    /// There is no unlock, and the store is not in default.
    error NothingToVeto(bytes32 store, bytes32 operation);

    /// An unlock opens no sooner than this, whatever the portfolio's delay.
    uint40 internal constant UNLOCK_DELAY = 2 days;
    /// An unlock is open for no longer than this.
    uint40 internal constant UNLOCK_LASTS = 30 days;
    /// A store has been in default for at least this long before the recovery role may export.
    uint40 internal constant EXPORT_DELAY = 7 days;
    /// What a request names as its role to export in default. Who has the role is the policy's to say.
    bytes32 internal constant RECOVERY = keccak256("recovery");
    /// The release of a login's one-time code: who has it is logged in outside the vault.
    bytes32 internal constant LOGIN = keccak256("vault.otp");

    /// One slot.
    struct Unlock {
        uint40 from; // 0 = none
        uint40 until;
        uint40 vetoedAt; // stops the export in default, too, if the store came into default before
    }

    /// Keyed by store, its tenure and the operation.
    mapping(bytes32 key => Unlock) internal _unlocks;

    /// @inheritdoc IStoreRegistry
    /// @dev `until` is the first second at which it is closed again. Proposing again replaces the unlock and starts the wait anew.
    function proposeUnlock(uint64 portfolio, StoreRef calldata ref, bytes32 operation, uint40 until) external {
        Portfolio storage state = _ownedBySender(portfolio);
        Subject memory subject = _subjectIn(portfolio, ref);
        address guardian = _guardianOf(state);
        if (guardian == address(0) || guardian == msg.sender) revert GuardianMissing(portfolio);
        if (operation == 0) revert OperationInvalid();
        uint40 from = _after(_atLeast(state.delay, UNLOCK_DELAY));
        if (until <= from || until > from + UNLOCK_LASTS) revert UnlockPeriodInvalid(from, until);
        Unlock storage unlock = _unlocks[_unlockKey(subject, operation)];
        unlock.from = from;
        unlock.until = until;
        emit UnlockProposed(portfolio, subject.store, operation, from, until);
    }

    /// @inheritdoc IStoreRegistry
    /// @dev By guardian or owner, at any time. In default it also stops the recovery role's EXPORT by this operation, until the store comes into
    /// default anew or an unlock opens it.
    function vetoUnlock(uint64 portfolio, StoreRef calldata ref, bytes32 operation) external {
        _guardedBySender(portfolio);
        Subject memory subject = _subjectIn(portfolio, ref);
        Unlock storage unlock = _unlocks[_unlockKey(subject, operation)];
        if (unlock.from == 0 && subject.status != Status.Default) revert NothingToVeto(subject.store, operation);
        unlock.from = 0;
        unlock.until = 0;
        unlock.vetoedAt = uint40(block.timestamp);
        emit UnlockVetoed(portfolio, subject.store, operation, msg.sender);
    }

    /// The rule that closes the request's operation; 0 = none does.
    function _closed(Request calldata request, Subject memory subject) internal view returns (bytes32 rule) {
        rule = _closedBy(request.class, request.operation);
        if (rule == 0) return 0;
        Unlock memory unlock = _unlocks[_unlockKey(subject, request.operation)];
        if (_isDue(unlock.from) && block.timestamp < unlock.until) return 0;
        if (request.class == Class.EXPORT && request.role == RECOVERY && _recovers(subject, unlock)) return 0;
    }

    /// Whether the store is in default for long enough and nobody vetoed since it came into it.
    function _recovers(Subject memory subject, Unlock memory unlock) private view returns (bool) {
        uint40 from = subject.statusSince + _atLeast(_portfolios[subject.portfolio].delay, EXPORT_DELAY);
        return subject.status == Status.Default && block.timestamp >= from && unlock.vetoedAt < subject.statusSince;
    }

    function _closedBy(Class class, bytes32 operation) private pure returns (bytes32) {
        if (class == Class.ROUTING) return "closed.routing";
        if (class == Class.MINT) return "closed.mint";
        if (class == Class.AUTHZ) return "closed.authz";
        if (class == Class.EXPORT) return "closed.export";
        if (operation == LOGIN) return "closed.login";
        return 0;
    }

    /// The subject of a store at home in this portfolio, or of the portfolio itself.
    function _subjectIn(uint64 portfolio, StoreRef calldata ref) internal view returns (Subject memory subject) {
        subject = subjectOf(ref);
        if (subject.portfolio != portfolio) revert NotInPortfolio(subject.store, portfolio);
    }

    function _unlockKey(Subject memory subject, bytes32 operation) internal pure returns (bytes32) {
        return keccak256(abi.encode(subject.store, subject.tenure, operation));
    }

    function _atLeast(uint40 delay, uint40 least) private pure returns (uint40) {
        return delay < least ? least : delay;
    }
}
