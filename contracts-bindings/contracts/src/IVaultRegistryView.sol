// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256Key} from "./Interfaces.sol";

/// Who governs a vault, and a reset of its anchor that is to come.
struct VaultGovernance {
    address admin; // 0 = no such vault
    address guardian; // 0 = none
    uint40 delay;
    P256Key vaultKey;
    uint40 resetFrom; // 0 = none is pending
    uint64 resetSize;
    bytes32 resetRoot;
}

/// What admins, guardians and watchers ask beside `stateOf`.
interface IVaultRegistryView {
    /// All zeros = no such vault.
    function governanceOf(bytes32 vault) external view returns (VaultGovernance memory);

    /// The second from which the image is live; 0 = never proposed, the greatest number = revoked.
    function liveFrom(bytes32 vault, bytes32 image) external view returns (uint40);
}
