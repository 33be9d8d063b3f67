// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStoreAccessPolicyAdmin} from "./Interfaces.sol";

/// What can be asked of the reference policy beside `authorize`, in the tenure of the block that is asked.
interface IStoreAccessPolicyView {
    /// The id that `grant` gives: it is also the bucket of the grant's limit.
    function grantIdOf(uint64 portfolio, bytes32 subject, bytes32 store, bytes32 what) external view returns (bytes32);

    /// 0 = none.
    function grantRootOf(uint64 portfolio) external view returns (bytes32);

    /// The second at which the membership is over; 0 = no member.
    function memberUntil(uint64 portfolio, bytes32 role, address member) external view returns (uint40);

    /// Whether exactly this was denied to exactly this subject.
    function isDenied(uint64 portfolio, bytes32 what, bytes32 subject) external view returns (bool);

    /// Evidence taken apart; reverts if it is none, or if its grant means nothing. The leaf stands under the root if the proof leads there.
    function openEvidence(bytes calldata evidence)
        external
        pure
        returns (IStoreAccessPolicyAdmin.Grant memory grant, bytes32 leaf, bytes32[] memory proof);
}
