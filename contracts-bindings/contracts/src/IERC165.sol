// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// ERC-165.
interface IERC165 {
    /// Whether the contract implements the interface with this id.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}
