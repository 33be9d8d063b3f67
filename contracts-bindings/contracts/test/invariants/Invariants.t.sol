// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LedgerHandler} from "./LedgerHandler.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// What no order of anybody's transactions breaks.
contract RegistryInvariants {
    RegistryHandler private handler;

    function setUp() external {
        handler = new RegistryHandler();
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function invariant_a_policy_that_says_yes_opens_no_closed_class() external view {
        handler.checkClosed();
    }

    function invariant_T63_paused_means_refused() external view {
        handler.checkPaused();
    }

    function invariant_a_denial_wins() external view {
        handler.checkDenied();
    }

    function invariant_ownership_takes_two_steps() external view {
        handler.checkTwoSteps();
    }

    function invariant_T49_nothing_of_an_old_tenure_survives() external view {
        handler.checkTenure();
    }
}

/// What no order of claims, anchors and resets breaks.
contract LedgerInvariants {
    LedgerHandler private handler;

    function setUp() external {
        handler = new LedgerHandler();
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function invariant_T55_a_writer_never_anchors_backwards() external view {
        handler.checkForwards();
    }
}
