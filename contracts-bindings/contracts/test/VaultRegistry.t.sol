// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVaultRegistry, P256Key, P256Sig} from "../src/Interfaces.sol";
import {VaultGovernance} from "../src/IVaultRegistryView.sol";
import {VaultRegistry} from "../src/VaultRegistry.sol";
import {vm} from "./support/Vm.sol";
import {InWorld} from "./support/World.sol";

/// Vaults, their images, their writers, their anchors and resets.
contract VaultRegistryTest is InWorld {
    struct Shown {
        uint64 epoch;
        P256Key writer;
        uint64 size;
        bytes32 root;
        uint40 anchoredAt;
        bytes32 rootCommitment;
    }

    function _state() private view returns (Shown memory shown) {
        (shown.epoch, shown.writer, shown.size, shown.root, shown.anchoredAt, shown.rootCommitment) = vaults.stateOf(vault);
    }

    function _claim(uint256 writer, uint64 epoch, uint64 size, bytes32 root) private {
        P256Key memory key_ = key(writer);
        P256Sig memory sig = claimSig(VAULT_KEY, key_, epoch, size, root);
        vaults.claimWriter(vault, key_, size, root, sig);
    }

    function _advance(uint256 writer, uint64 epoch, uint64 size, bytes32 root) private {
        P256Sig memory sig = anchorSig(writer, epoch, size, root);
        vaults.advance(vault, size, root, sig);
    }

    function _refuseAdvance(uint256 writer, uint64 epoch, uint64 size, bytes32 root, bytes memory why) private {
        P256Sig memory sig = anchorSig(writer, epoch, size, root);
        vm.expectRevert(why);
        vaults.advance(vault, size, root, sig);
    }

    function _refuseClaim(uint256 signer, P256Key memory writer, uint64 epoch, uint64 size, bytes32 root, bytes memory why) private {
        P256Sig memory sig = claimSig(signer, writer, epoch, size, root);
        vm.expectRevert(why);
        vaults.claimWriter(vault, writer, size, root, sig);
    }

    function _reset(uint64 size, bytes32 root) private {
        vm.prank(ADMIN);
        vaults.proposeReset(vault, size, root);
    }

    // ---- vaults

    function test_a_vault_is_its_admins_and_its_constitutions() external view {
        assertEq(vault, keccak256(abi.encode(ADMIN, CONSTITUTION)));
        Shown memory shown = _state();
        require(shown.epoch == 0 && shown.size == 0 && shown.root == EMPTY_ROOT && shown.anchoredAt == 0);
        require(shown.writer.x == 0 && shown.rootCommitment == COMMITMENT);
        VaultGovernance memory governance = vaults.governanceOf(vault);
        require(governance.admin == ADMIN && governance.guardian == VAULT_GUARDIAN && governance.delay == 7 days);
        require(governance.vaultKey.x == key(VAULT_KEY).x && governance.resetFrom == 0);
        require(vaults.isLive(vault, IMAGE) && vaults.liveFrom(vault, IMAGE) == now_);
    }

    function test_a_vault_is_made_once() external {
        P256Sig memory sig = consent(vault);
        P256Key memory key_ = key(VAULT_KEY);
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.VaultExists.selector, vault));
        vaults.createVault(CONSTITUTION, key_, COMMITMENT, IMAGE, VAULT_GUARDIAN, 7 days, sig);
    }

    function _refuseVault(bytes32 constitution, bytes32 commitment, bytes32 image, uint40 delay, P256Sig memory sig, bytes memory why) private {
        P256Key memory key_ = key(VAULT_KEY);
        vm.prank(STRANGER);
        vm.expectRevert(why);
        vaults.createVault(constitution, key_, commitment, image, VAULT_GUARDIAN, delay, sig);
    }

    function test_what_is_no_vault() external {
        P256Sig memory sig = consent(keccak256(abi.encode(STRANGER, CONSTITUTION)));
        _refuseVault(0, COMMITMENT, IMAGE, 7 days, sig, abi.encodeWithSelector(VaultRegistry.ConstitutionInvalid.selector));
        _refuseVault(CONSTITUTION, 0, IMAGE, 7 days, sig, abi.encodeWithSelector(VaultRegistry.RootCommitmentInvalid.selector));
        _refuseVault(CONSTITUTION, COMMITMENT, 0, 7 days, sig, abi.encodeWithSelector(VaultRegistry.ImageInvalid.selector, 0));
        bytes32 debug = keccak256(new bytes(144));
        _refuseVault(CONSTITUTION, COMMITMENT, debug, 7 days, sig, abi.encodeWithSelector(VaultRegistry.ImageInvalid.selector, debug));
        uint40[3] memory delays = [uint40(0), 7 days - 1, 365 days + 1];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory why = abi.encodeWithSelector(VaultRegistry.DelayOutOfRange.selector, delays[i]);
            _refuseVault(CONSTITUTION, COMMITMENT, IMAGE, delays[i], sig, why);
        }
        bytes memory bad = abi.encodeWithSelector(VaultRegistry.SignatureInvalid.selector);
        _refuseVault(CONSTITUTION, COMMITMENT, IMAGE, 7 days, consent(vault), bad);
        _refuseVault(CONSTITUTION, keccak256("another key"), IMAGE, 7 days, sig, bad);
        _refuseVault(CONSTITUTION, COMMITMENT, IMAGE, 7 days, P256Sig(sig.r, bytes32(P256_ORDER - uint256(sig.s))), bad);
        _refuseVault(CONSTITUTION, COMMITMENT, IMAGE, 7 days, P256Sig(0, 0), bad);
    }

    function testFuzz_T57_no_other_signature_is_taken(bytes32 r, bytes32 s) external {
        P256Sig memory sig = consent(keccak256(abi.encode(STRANGER, CONSTITUTION)));
        vm.assume(r != sig.r || s != sig.s);
        _refuseVault(CONSTITUTION, COMMITMENT, IMAGE, 7 days, P256Sig(r, s), abi.encodeWithSelector(VaultRegistry.SignatureInvalid.selector));
    }

    // ---- images

    function testFuzz_an_image_is_live_after_the_delay(uint40 when) external {
        bytes32 image = bytes32(uint256(2));
        vm.expectEmit(true, true, false, true, address(vaults));
        emit IVaultRegistry.ImageProposed(vault, image, "release", now_ + 7 days);
        vm.prank(ADMIN);
        vaults.proposeImage(vault, image, "release");
        uint40 live = now_ + 7 days;
        wait_(when % 14 days);
        require(vaults.isLive(vault, image) == (now_ >= live));
        require(vaults.isLive(vault, IMAGE));
    }

    function test_T80_a_revoked_image_never_comes_back() external {
        address[2] memory both = [ADMIN, VAULT_GUARDIAN];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 image = bytes32(10 + i);
            vm.prank(ADMIN);
            vaults.proposeImage(vault, image, "release");
            vm.prank(both[i]);
            vaults.revokeImage(vault, image);
            vm.prank(ADMIN);
            vm.expectRevert(abi.encodeWithSelector(VaultRegistry.ImageKnown.selector, image));
            vaults.proposeImage(vault, image, "release");
            wait_(365 days);
            require(!vaults.isLive(vault, image));
            // Revoking it again changes nothing.
            vm.prank(both[i]);
            vaults.revokeImage(vault, image);
            require(!vaults.isLive(vault, image));
        }
        vm.prank(VAULT_GUARDIAN);
        vaults.revokeImage(vault, IMAGE);
        assertRefused(request(), "vault.not_live");
    }

    function testFuzz_who_governs_images(address other) external {
        vm.assume(other != ADMIN && other != VAULT_GUARDIAN);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.NotAdminOrGuardian.selector, vault));
        vaults.revokeImage(vault, IMAGE);
        bytes memory notAdmin = abi.encodeWithSelector(VaultRegistry.NotAdmin.selector, vault);
        vm.prank(other);
        vm.expectRevert(notAdmin);
        vaults.proposeImage(vault, "image", 0);
        vm.prank(VAULT_GUARDIAN);
        vm.expectRevert(notAdmin);
        vaults.proposeImage(vault, "image", 0);
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.ImageUnknown.selector, bytes32("image")));
        vaults.revokeImage(vault, "image");
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.VaultUnknown.selector, bytes32("vault")));
        vaults.proposeImage("vault", "image", 0);
    }

    // ---- writers and anchors

    function test_T78_a_writer_is_claimed_epoch_by_epoch() external {
        _claim(WRITER_KEY, 1, 3, "3");
        Shown memory shown = _state();
        require(shown.epoch == 1 && shown.size == 3 && shown.root == "3" && shown.anchoredAt == now_ && shown.writer.x == key(WRITER_KEY).x);
        bytes memory bad = abi.encodeWithSelector(VaultRegistry.SignatureInvalid.selector);
        _refuseClaim(VAULT_KEY, key(WRITER_KEY), 1, 3, "3", bad);
        _refuseClaim(VAULT_KEY, key(WRITER_KEY), 3, 3, "3", bad);
        _refuseClaim(WRITER_KEY, key(WRITER_KEY), 2, 3, "3", bad);
        _refuseClaim(VAULT_KEY, P256Key(0, 0), 2, 3, "3", abi.encodeWithSelector(VaultRegistry.WriterInvalid.selector));
        _refuseClaim(VAULT_KEY, key(7), 2, 2, "2", abi.encodeWithSelector(VaultRegistry.SizeNotNewer.selector, 3, 2));
        _refuseClaim(VAULT_KEY, key(7), 2, 3, "4", abi.encodeWithSelector(VaultRegistry.RootConflict.selector, 3));
        _claim(7, 2, 3, "3");
        // The old writer's word is over.
        _refuseAdvance(WRITER_KEY, 1, 4, "4", bad);
        _refuseAdvance(WRITER_KEY, 2, 4, "4", bad);
        _advance(7, 2, 4, "4");
    }

    function test_T55_an_anchor_only_grows() external {
        _refuseAdvance(WRITER_KEY, 0, 1, "1", abi.encodeWithSelector(VaultRegistry.NoWriter.selector));
        _claim(WRITER_KEY, 1, 3, "3");
        wait_(60);
        vm.expectEmit(true, true, false, true, address(vaults));
        emit IVaultRegistry.Anchored(vault, 8, "8", 1);
        _advance(WRITER_KEY, 1, 8, "8");
        require(_state().anchoredAt == now_ && _state().size == 8);
        for (uint64 size = 0; size <= 8; size += 4) {
            _refuseAdvance(WRITER_KEY, 1, size, "9", abi.encodeWithSelector(VaultRegistry.SizeNotNewer.selector, 8, size));
        }
        bytes memory bad = abi.encodeWithSelector(VaultRegistry.SignatureInvalid.selector);
        _refuseAdvance(VAULT_KEY, 1, 9, "9", bad);
        P256Sig memory sig = anchorSig(WRITER_KEY, 1, 9, "9");
        vm.expectRevert(bad);
        vaults.advance(vault, 10, "9", sig);
        vm.expectRevert(bad);
        vaults.advance(vault, 9, "10", sig);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.VaultUnknown.selector, bytes32("vault")));
        vaults.advance("vault", 9, "9", sig);
    }

    // ---- resets

    function testFuzz_a_reset_holds_after_the_delay_and_ends_the_writer(uint40 when) external {
        _claim(WRITER_KEY, 1, 8, "8");
        vm.expectEmit(true, false, false, true, address(vaults));
        emit IVaultRegistry.ResetProposed(vault, 3, "3", now_ + 7 days);
        _reset(3, "3");
        uint40 from = now_ + 7 days;
        wait_(when % 14 days);
        Shown memory shown = _state();
        VaultGovernance memory governance = vaults.governanceOf(vault);
        if (now_ < from) {
            require(shown.epoch == 1 && shown.size == 8 && shown.root == "8" && shown.writer.x == key(WRITER_KEY).x);
            require(governance.resetFrom == from && governance.resetSize == 3 && governance.resetRoot == "3");
            _advance(WRITER_KEY, 1, 9, "9");
            return;
        }
        require(shown.epoch == 2 && shown.size == 3 && shown.root == "3" && shown.writer.x == 0 && shown.anchoredAt == from);
        require(shown.rootCommitment == COMMITMENT && governance.resetFrom == 0 && governance.resetRoot == 0);
        _refuseAdvance(WRITER_KEY, 1, 9, "9", abi.encodeWithSelector(VaultRegistry.NoWriter.selector));
        _refuseAdvance(WRITER_KEY, 2, 9, "9", abi.encodeWithSelector(VaultRegistry.NoWriter.selector));
        bytes memory bad = abi.encodeWithSelector(VaultRegistry.SignatureInvalid.selector);
        _refuseClaim(VAULT_KEY, key(7), 2, 9, "9", bad);
        _claim(7, 3, 3, "3");
        require(_state().epoch == 3 && _state().size == 3);
        // It was used up.
        _advance(7, 3, 9, "9");
        require(_state().size == 9);
    }

    function test_a_reset_is_vetoed_until_it_holds() external {
        _claim(WRITER_KEY, 1, 8, "8");
        address[2] memory both = [VAULT_GUARDIAN, ADMIN];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(both[i]);
            vm.expectRevert(abi.encodeWithSelector(VaultRegistry.NothingToVeto.selector, vault));
            vaults.vetoReset(vault);
            _reset(3, "3");
            wait_(7 days - 1);
            vm.prank(STRANGER);
            vm.expectRevert(abi.encodeWithSelector(VaultRegistry.NotAdminOrGuardian.selector, vault));
            vaults.vetoReset(vault);
            vm.expectEmit(true, false, false, true, address(vaults));
            emit IVaultRegistry.ResetVetoed(vault);
            vm.prank(both[i]);
            vaults.vetoReset(vault);
            wait_(7 days);
            require(_state().size == 8 && _state().epoch == 1);
        }
        _reset(3, "3");
        wait_(7 days);
        vm.prank(VAULT_GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.NothingToVeto.selector, vault));
        vaults.vetoReset(vault);
        require(_state().size == 3);
    }

    function test_a_reset_is_the_admins_and_goes_back() external {
        _claim(WRITER_KEY, 1, 8, "8");
        vm.prank(VAULT_GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.NotAdmin.selector, vault));
        vaults.proposeReset(vault, 3, "3");
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.ResetNotBack.selector, 8, 9));
        vaults.proposeReset(vault, 9, "9");
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(VaultRegistry.RootConflict.selector, 0));
        vaults.proposeReset(vault, 0, "9");
        _reset(0, EMPTY_ROOT);
        wait_(1 days);
        // A new proposal waits anew.
        _reset(8, "another 8");
        wait_(6 days);
        require(_state().size == 8 && _state().root == "8");
        wait_(1 days);
        require(_state().root == "another 8");
    }
}
