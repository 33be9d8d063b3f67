// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Decision} from "./Interfaces.sol";

/// Asks an untrusted policy. Whatever it does, the answer is a Decision.
library StrictDecision {
    uint256 private constant MAX_LIMITS = 4;
    /// Offset, the four words of a Decision, the number of limits.
    uint256 private constant HEAD = 6 * 32;
    uint256 private constant LIMIT = 4 * 32;

    /// The policy's decision, or a refusal with rule `policy.reverted` (it reverted, ran out of gas, has no code or said too little) or
    /// `policy.malformed` (not the one canonical ABI encoding of a Decision with at most four limits).
    function ask(address policy, uint256 gas_, bytes memory question) internal view returns (Decision memory decision) {
        bool success;
        uint256 size;
        assembly ("memory-safe") {
            success := staticcall(gas_, policy, add(question, 32), mload(question), 0, 0)
            size := returndatasize()
        }
        if (!success || size < HEAD) {
            decision.rule = "policy.reverted";
            return decision;
        }
        // Before the copy: a policy may return a megabyte, and copying it would cost more gas than is left.
        if (size > HEAD + MAX_LIMITS * LIMIT) {
            decision.rule = "policy.malformed";
            return decision;
        }
        bytes memory answer = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 32), 0, size)
        }
        if (!_canonical(answer)) {
            decision.rule = "policy.malformed";
            return decision;
        }
        return abi.decode(answer, (Decision));
    }

    /// Exactly what abi.encode(Decision) gives, so that decoding can't revert and two readers can't differ.
    function _canonical(bytes memory answer) private pure returns (bool) {
        uint256 count = _word(answer, 5);
        if (_word(answer, 0) != 32 || _word(answer, 1) > 1 || _word(answer, 4) != 4 * 32) return false;
        if (count > MAX_LIMITS || answer.length != HEAD + count * LIMIT) return false;
        for (uint256 i = 0; i < count; ++i) {
            uint256 limit = 6 + 4 * i;
            if (_word(answer, limit + 1) > type(uint128).max || _word(answer, limit + 2) > type(uint128).max) return false;
            if (_word(answer, limit + 3) > type(uint32).max) return false;
        }
        return true;
    }

    function _word(bytes memory data, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), mul(index, 32)))
        }
    }
}
