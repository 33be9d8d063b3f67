// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256Key, P256Sig} from "../../src/Interfaces.sol";
import {vm} from "../support/Vm.sol";
import {World} from "../support/World.sol";

/// Writers, new and old, with the vault key at hand, say anything; the admin resets and the guardian vetoes.
contract LedgerHandler is World {
    uint64 private _size;
    bytes32 private _root = EMPTY_ROOT;
    uint64 private _epoch;
    bool private _backwards;
    uint64 private _resetSize;
    bytes32 private _resetRoot;
    uint40 private _resetFrom;

    constructor() {
        build();
    }

    /// What a reset that was rightly proposed does when its time comes.
    function _reset() private {
        if (_resetFrom == 0 || now_ < _resetFrom) return;
        (_size, _root, _resetFrom) = (_resetSize, _resetRoot, 0);
        _epoch += 1;
    }

    function wait(uint32 time) external {
        wait_(time % 3 days);
        _reset();
    }

    function claim(uint8 writer, uint8 epoch, uint64 size, bytes32 root) external {
        uint64 signed = epoch < 200 ? _epoch + 1 : _epoch + epoch % 3;
        size = (size % 4 == 0 ? _size / 2 : _size) + size % 16;
        if (size == _size) root = _root;
        P256Key memory key_ = key(1 + writer % 3);
        P256Sig memory sig = claimSig(VAULT_KEY, key_, signed, size, root);
        vaults.claimWriter(vault, key_, size, root, sig);
        if (size < _size || (size == _size && root != _root) || signed != _epoch + 1) _backwards = true;
        (_size, _root, _epoch) = (size, root, signed);
    }

    function advance(uint8 writer, uint8 epoch, uint64 size, bytes32 root) external {
        uint64 signed = epoch > 200 && _epoch != 0 ? _epoch - 1 : _epoch;
        size = (size % 4 == 0 ? _size / 2 : _size) + size % 16;
        P256Sig memory sig = anchorSig(1 + writer % 3, signed, size, root);
        vaults.advance(vault, size, root, sig);
        if (size <= _size || signed != _epoch) _backwards = true;
        (_size, _root) = (size, root);
    }

    function proposeReset(uint64 size, bytes32 root, bool byAdmin) external {
        size = size % 32;
        if (size == 0) root = EMPTY_ROOT;
        vm.prank(byAdmin ? ADMIN : STRANGER);
        vaults.proposeReset(vault, size, root);
        if (size > _size || !byAdmin) _backwards = true;
        (_resetSize, _resetRoot, _resetFrom) = (size, root, now_ + 7 days);
    }

    function veto(bool byGuardian) external {
        vm.prank(byGuardian ? VAULT_GUARDIAN : STRANGER);
        vaults.vetoReset(vault);
        if (!byGuardian) _backwards = true;
        _resetFrom = 0;
    }

    function checkForwards() external view {
        require(!_backwards, "went back");
        (uint64 epoch,, uint64 size, bytes32 root,,) = vaults.stateOf(vault);
        require(epoch == _epoch && size == _size && root == _root, "not where it was put");
    }
}
