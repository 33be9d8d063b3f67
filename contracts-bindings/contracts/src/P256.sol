// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256Key, P256Sig} from "./Interfaces.sol";

/// P-256 signatures through the precompile of EIP-7951.
library P256 {
    /// The precompile's address.
    address private constant PRECOMPILE = address(0x100);
    /// Half of the group order: with r, both s and n - s verify, so only the lower one is taken.
    uint256 private constant HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;

    /// Whether `sig` is `key`'s low-s signature of `digest`.
    /// The precompile answers a bad signature, and a chain without it any signature, with nothing at all and leaves memory as it was:
    /// only one full word with the value 1 counts.
    function verify(bytes32 digest, P256Sig calldata sig, P256Key memory key) internal view returns (bool) {
        if (uint256(sig.s) > HALF_ORDER) return false;
        (bool success, bytes memory answer) = PRECOMPILE.staticcall(abi.encode(digest, sig.r, sig.s, key.x, key.y));
        return success && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }
}
