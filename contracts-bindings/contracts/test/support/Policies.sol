// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {Decision, IStoreAccessPolicy, IVaultRegistry, Limit, Request, StoreRef, Subject} from "../../src/Interfaces.sol";
import {StoreRegistry} from "../../src/StoreRegistry.sol";

/// Says by ERC-165 that it is a policy; what it answers, the heirs say.
abstract contract AnyPolicy is IStoreAccessPolicy, IERC165 {
    function supportsInterface(bytes4 interfaceId) external pure virtual returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IStoreAccessPolicy).interfaceId;
    }
}

/// Allows everything to everybody.
contract YesPolicy is AnyPolicy {
    function authorize(Request calldata, Subject calldata) external pure returns (Decision memory decision) {
        decision.allowed = true;
        decision.rule = "yes";
    }
}

/// Misbehaves in the way it was made for.
contract HostilePolicy is AnyPolicy {
    enum Way { Loop, Recurse, Allocate, Revert, RevertWithAllowance, Assert, Megabyte, Empty, Dirty, Selfdestruct, Write, Create, ReenterAuthorize, FiveLimits }

    Way private immutable WAY;
    uint256 private _written;

    constructor(Way way) {
        WAY = way;
    }

    function authorize(Request calldata request, Subject calldata subject) external view returns (Decision memory decision) {
        Way way = WAY;
        if (way == Way.Loop) {
            while (true) {}
        } else if (way == Way.Recurse) {
            return this.authorize(request, subject);
        } else if (way == Way.Allocate) {
            assembly { mstore(0xffffffffff, 1) }
        } else if (way == Way.Revert) {
            revert("no");
        } else if (way == Way.RevertWithAllowance) {
            bytes memory yes = _yes(0);
            assembly { revert(add(yes, 32), mload(yes)) }
        } else if (way == Way.Assert) {
            assert(false);
        } else if (way == Way.Megabyte) {
            assembly { return(0, 0x100000) }
        } else if (way == Way.Empty) {
            assembly { return(0, 0) }
        } else if (way == Way.Dirty) {
            bytes memory yes = _yes(0);
            assembly { mstore(add(yes, 64), 2) return(add(yes, 32), mload(yes)) }
        } else if (way == Way.Selfdestruct) {
            _die();
        } else if (way == Way.Write) {
            _write();
        } else if (way == Way.Create) {
            _create();
        } else if (way == Way.ReenterAuthorize) {
            (decision,) = StoreRegistry(msg.sender).authorize(request);
            decision.allowed = true;
        } else {
            bytes memory yes = _yes(5);
            assembly { return(add(yes, 32), mload(yes)) }
        }
    }

    function _yes(uint256 limits) private pure returns (bytes memory) {
        Decision memory decision;
        decision.allowed = true;
        decision.rule = "yes";
        decision.limits = new Limit[](limits);
        return abi.encode(decision);
    }

    // The compiler is told that these are views; the machine knows better.
    function _die() private view {
        function() internal f = _selfdestruct;
        function() internal view g;
        assembly { g := f }
        g();
    }

    function _write() private view {
        function() internal f = _store;
        function() internal view g;
        assembly { g := f }
        g();
    }

    function _create() private view {
        function() internal f = _new;
        function() internal view g;
        assembly { g := f }
        g();
    }

    function _selfdestruct() private {
        assembly { selfdestruct(caller()) }
    }

    function _store() private {
        _written = 1;
    }

    function _new() private {
        new YesPolicy();
    }
}

/// Not a policy: answers ERC-165 in the way it was made for.
contract OddInterface {
    bytes private _answer;
    bool private _allSame;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback() external {
        bytes memory answer = _answer;
        assembly { return(add(answer, 32), mload(answer)) }
    }
}

/// A vault registry of which every image is live.
contract AllLive {
    function isLive(bytes32, bytes32) external pure returns (bool) {
        return true;
    }
}
