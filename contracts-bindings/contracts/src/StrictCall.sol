// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// Questions with a yes or a no, to code that may be anybody's.
library StrictCall {
    /// ERC-165: a contract answers within this.
    uint256 private constant ERC165_GAS = 30_000;

    /// Whether `account` answers `question` with exactly the word 1. No code, a revert, a short, long or dirty answer are no.
    /// No more than one word is copied, whatever is returned.
    function isTrue(address account, uint256 gas_, bytes memory question) internal view returns (bool yes) {
        assembly ("memory-safe") {
            mstore(0, 0)
            let success := staticcall(gas_, account, add(question, 32), mload(question), 0, 32)
            yes := and(success, and(eq(returndatasize(), 32), eq(mload(0), 1)))
        }
    }

    /// Whether `account` says by ERC-165 that it has this interface.
    function declares(address account, bytes4 interfaceId) internal view returns (bool) {
        return isTrue(account, ERC165_GAS, abi.encodeCall(IERC165.supportsInterface, (interfaceId)));
    }
}
