// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {Class, Decision, IStoreRegistry, Limit, Request, Subject} from "../src/Interfaces.sol";
import {ExamplePolicy} from "./ExamplePolicy.sol";

/// One refund, approved by a Safe, used once: no transaction, only its owners' signatures.
///
/// The caller shows as evidence what two of the Safe's three owners signed: an EIP-712 `Refund` that names this policy, the store and its tenure, the
/// caller, the operation and the very request down to its bytes. The Safe is asked by EIP-1271. That it is used once is a limit of one for
/// ever, which the vault counts under the approval's own digest.
contract SafeRefundPolicy is ExamplePolicy {
    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REFUND_TYPE =
        keccak256("Refund(bytes32 store,uint32 tenure,address caller,bytes32 operation,bytes32 requestHash,uint64 until)");

    address public immutable SAFE;
    bytes32 public immutable OPERATION;

    constructor(IStoreRegistry registry, uint64 portfolio, address safe, bytes32 operation) ExamplePolicy(registry, portfolio) {
        SAFE = safe;
        OPERATION = operation;
    }

    /// What the Safe's owners sign.
    function digestOf(bytes32 store, uint32 tenure, address caller, bytes32 requestHash, uint64 until) public view returns (bytes32) {
        bytes32 refund = keccak256(abi.encode(REFUND_TYPE, store, tenure, caller, OPERATION, requestHash, until));
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, keccak256("Safe Refund Policy"), keccak256("1"), block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, refund));
    }

    /// @dev Evidence is `abi.encode(uint64 until, bytes signatures)`.
    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory decision) {
        if (!_isAsked(subject)) return _no("refund.registry");
        if (request.operation != OPERATION || request.class != Class.VALUE) return _no("refund.operation");
        if (request.evidence.length == 0) return _no("refund.evidence");
        (uint64 until, bytes memory signatures) = abi.decode(request.evidence, (uint64, bytes));
        if (request.time >= until) return _no("refund.expired");
        bytes32 digest = digestOf(subject.store, subject.tenure, request.caller, request.requestHash, until);
        if (!_approves(digest, signatures)) return _no("refund.signatures");
        decision = _yes("refund.approved");
        decision.limits = new Limit[](1);
        decision.limits[0] = Limit({bucket: digest, cost: 1, capacity: 1, period: 0});
    }

    function _approves(bytes32 digest, bytes memory signatures) private view returns (bool) {
        try IERC1271(SAFE).isValidSignature(digest, signatures) returns (bytes4 magic) {
            return magic == IERC1271.isValidSignature.selector;
        } catch {
            return false;
        }
    }
}
