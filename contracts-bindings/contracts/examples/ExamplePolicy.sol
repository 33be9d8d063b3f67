// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {Decision, IStoreAccessPolicy, IStoreRegistry, StoreRef, Subject} from "../src/Interfaces.sol";

/// What every policy of a DAO begins with: it answers one registry, for one portfolio.
///
/// The owner of the portfolio is who the registry says it is, so a policy needs no owner of its own that could be forgotten in a sale.
abstract contract ExamplePolicy is IStoreAccessPolicy, IERC165 {
    /// The sender does not own the portfolio.
    error NotOwner();

    IStoreRegistry public immutable REGISTRY;
    uint64 public immutable PORTFOLIO;

    constructor(IStoreRegistry registry, uint64 portfolio) {
        REGISTRY = registry;
        PORTFOLIO = portfolio;
    }

    modifier onlyOwner() {
        if (msg.sender != _whole().owner) revert NotOwner();
        _;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IStoreAccessPolicy).interfaceId;
    }

    /// The portfolio itself: its owner and its tenure.
    function _whole() internal view returns (Subject memory) {
        return REGISTRY.subjectOf(StoreRef({origin: PORTFOLIO, salt: 0}));
    }

    /// Whether the question is this registry's, about this portfolio.
    function _isAsked(Subject calldata subject) internal view returns (bool) {
        return msg.sender == address(REGISTRY) && subject.portfolio == PORTFOLIO;
    }

    function _no(bytes32 rule) internal pure returns (Decision memory decision) {
        decision.rule = rule;
    }

    function _yes(bytes32 rule) internal pure returns (Decision memory decision) {
        decision.allowed = true;
        decision.rule = rule;
    }
}
