// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVaultRegistry, P256Key, P256Sig} from "./Interfaces.sol";
import {IVaultRegistryView, VaultGovernance} from "./IVaultRegistryView.sol";
import {P256} from "./P256.sol";

/// What a vault is, which images may be it, what its ledger is and who writes it. No owner, no upgrade, no constructor argument.
///
/// A reset is written once, with the second from which it holds, and needs no second transaction: every reader compares that second with the
/// block's. From then on the ledger is where the reset says, and nobody writes it until the vault key claims a writer anew.
contract VaultRegistry is IVaultRegistry, IVaultRegistryView {
    /// The same admin has made one for the same constitution.
    error VaultExists(bytes32 vault);
    /// No vault has this id.
    error VaultUnknown(bytes32 vault);
    /// The sender is not the vault's admin.
    error NotAdmin(bytes32 vault);
    /// The sender is neither the vault's admin nor its guardian.
    error NotAdminOrGuardian(bytes32 vault);
    /// Zero, or the measurement that an enclave in debug mode reports.
    error ImageInvalid(bytes32 image);
    /// It is live, matures, or was revoked; a revoked image never comes back.
    error ImageKnown(bytes32 image);
    /// It was never proposed.
    error ImageUnknown(bytes32 image);
    /// Shorter than a week or longer than a year.
    error DelayOutOfRange(uint40 delay);
    /// 0 is the digest of no constitution.
    error ConstitutionInvalid();
    /// 0 is the commitment to no root key.
    error RootCommitmentInvalid();
    /// 0 is no key.
    error WriterInvalid();
    /// Not the key's low-s signature of the digest, or no P-256 precompile on this chain.
    error SignatureInvalid();
    /// No writer was ever claimed, or none since a reset.
    error NoWriter();
    /// The ledger goes on, never back.
    error SizeNotNewer(uint64 current, uint64 given);
    /// Two roots for one size: the ledger was forked.
    error RootConflict(uint64 size);
    /// A reset goes back, never on.
    error ResetNotBack(uint64 current, uint64 given);
    /// No reset is pending, or it holds already.
    error NothingToVeto(bytes32 vault);

    uint40 private constant MIN_DELAY = 7 days;
    uint40 private constant MAX_DELAY = 365 days;
    /// As the time from which an image is live: never, and not to be proposed again.
    uint40 private constant REVOKED = type(uint40).max;
    /// keccak256 of 144 zero bytes: PCR0, PCR1 and PCR2 in debug mode.
    bytes32 private constant DEBUG_IMAGE = 0xcd2e66bf0b91eeedc6c648ae9335a78d7c9a4ab0ef33612a824d91cdc68a4f21;
    /// RFC 6962: the root of a ledger without entries is SHA-256 of nothing.
    bytes32 private constant EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CREATE_TYPE = keccak256("CreateVault(bytes32 vault,bytes32 constitution,bytes32 rootCommitment)");
    bytes32 private constant CLAIM_TYPE = keccak256("ClaimWriter(bytes32 vault,uint64 epoch,bytes32 x,bytes32 y,uint64 size,bytes32 root)");
    bytes32 private constant ANCHOR_TYPE = keccak256("Anchor(bytes32 vault,uint64 epoch,uint64 size,bytes32 root)");

    struct Vault {
        address admin;
        uint40 delay;
        address guardian;
        uint40 anchoredAt; // 0 = never
        uint40 resetFrom; // 0 = no reset; its size and root hold from then on
        P256Key vaultKey;
        bytes32 rootCommitment;
        P256Key writer; // 0 = none
        uint64 epoch; // +1 at every claim and every reset: no signature is good for two
        uint64 size;
        uint64 resetSize;
        bytes32 root;
        bytes32 resetRoot;
    }

    mapping(bytes32 vault => Vault) private _vaults;
    /// The second from which an image is live; 0 = unknown. One slot, because every call of every store reads it.
    mapping(bytes32 vault => mapping(bytes32 image => uint40)) private _liveFrom;

    /// @inheritdoc IVaultRegistry
    /// @dev The first image is live at once: there is nothing yet that it could endanger.
    function createVault(
        bytes32 constitution,
        P256Key calldata vaultKey,
        bytes32 rootCommitment,
        bytes32 image,
        address guardian,
        uint40 delay,
        P256Sig calldata sig
    ) external returns (bytes32 vault) {
        if (constitution == 0) revert ConstitutionInvalid();
        if (rootCommitment == 0) revert RootCommitmentInvalid();
        if (delay < MIN_DELAY || delay > MAX_DELAY) revert DelayOutOfRange(delay);
        vault = keccak256(abi.encode(msg.sender, constitution));
        Vault storage state = _vaults[vault];
        if (state.admin != address(0)) revert VaultExists(vault);
        bytes32 digest = _digest(keccak256(abi.encode(CREATE_TYPE, vault, constitution, rootCommitment)));
        if (!P256.verify(digest, sig, vaultKey)) revert SignatureInvalid();

        state.admin = msg.sender;
        state.delay = delay;
        state.guardian = guardian;
        state.vaultKey = vaultKey;
        state.rootCommitment = rootCommitment;
        state.root = EMPTY_ROOT;
        emit VaultCreated(vault, vaultKey, rootCommitment, msg.sender, guardian);
        _admit(vault, image, 0, uint40(block.timestamp));
    }

    /// @inheritdoc IVaultRegistry
    function proposeImage(bytes32 vault, bytes32 image, bytes32 release) external {
        Vault storage state = _known(vault);
        if (msg.sender != state.admin) revert NotAdmin(vault);
        _admit(vault, image, release, uint40(block.timestamp) + state.delay);
    }

    /// @inheritdoc IVaultRegistry
    function revokeImage(bytes32 vault, bytes32 image) external {
        Vault storage state = _known(vault);
        if (msg.sender != state.admin && msg.sender != state.guardian) revert NotAdminOrGuardian(vault);
        if (_liveFrom[vault][image] == 0) revert ImageUnknown(image);
        _liveFrom[vault][image] = REVOKED;
        emit ImageRevoked(vault, image, msg.sender);
    }

    /// @inheritdoc IVaultRegistry
    function isLive(bytes32 vault, bytes32 image) external view returns (bool) {
        uint40 from = _liveFrom[vault][image];
        return from != 0 && from != REVOKED && from <= block.timestamp;
    }

    /// @inheritdoc IVaultRegistry
    function advance(bytes32 vault, uint64 size, bytes32 root, P256Sig calldata sig) external {
        Vault storage state = _settled(vault);
        P256Key memory writer = state.writer;
        if (writer.x == 0 && writer.y == 0) revert NoWriter();
        if (size <= state.size) revert SizeNotNewer(state.size, size);
        uint64 epoch = state.epoch;
        bytes32 digest = _digest(keccak256(abi.encode(ANCHOR_TYPE, vault, epoch, size, root)));
        if (!P256.verify(digest, sig, writer)) revert SignatureInvalid();
        _anchor(state, size, root);
        emit Anchored(vault, size, root, epoch);
    }

    /// @inheritdoc IVaultRegistry
    function claimWriter(bytes32 vault, P256Key calldata writer, uint64 size, bytes32 root, P256Sig calldata sig) external {
        Vault storage state = _settled(vault);
        if (writer.x == 0 && writer.y == 0) revert WriterInvalid();
        if (size < state.size) revert SizeNotNewer(state.size, size);
        if (size == state.size && root != state.root) revert RootConflict(size);
        uint64 epoch = state.epoch + 1;
        bytes32 digest = _digest(keccak256(abi.encode(CLAIM_TYPE, vault, epoch, writer.x, writer.y, size, root)));
        if (!P256.verify(digest, sig, state.vaultKey)) revert SignatureInvalid();
        state.epoch = epoch;
        state.writer = writer;
        _anchor(state, size, root);
        emit WriterClaimed(vault, epoch, writer, size, root);
    }

    /// @inheritdoc IVaultRegistry
    /// @dev By the admin; holds after the vault's delay. The writer may go on until then. A new one replaces the old one and its time.
    function proposeReset(bytes32 vault, uint64 size, bytes32 root) external {
        Vault storage state = _settled(vault);
        if (msg.sender != state.admin) revert NotAdmin(vault);
        if (size > state.size) revert ResetNotBack(state.size, size);
        if (size == 0 && root != EMPTY_ROOT) revert RootConflict(0);
        uint40 effective = uint40(block.timestamp) + state.delay;
        state.resetFrom = effective;
        state.resetSize = size;
        state.resetRoot = root;
        emit ResetProposed(vault, size, root, effective);
    }

    /// @inheritdoc IVaultRegistry
    /// @dev By guardian or admin, until it holds.
    function vetoReset(bytes32 vault) external {
        Vault storage state = _settled(vault);
        if (msg.sender != state.admin && msg.sender != state.guardian) revert NotAdminOrGuardian(vault);
        if (state.resetFrom == 0) revert NothingToVeto(vault);
        _clearReset(state);
        emit ResetVetoed(vault);
    }

    /// @inheritdoc IVaultRegistry
    /// @dev An unknown vault is all zeros; a vault without entries has size 0 and the root of RFC 6962's empty tree. Writer 0 = none.
    function stateOf(bytes32 vault)
        external
        view
        returns (uint64 epoch, P256Key memory writer, uint64 size, bytes32 root, uint40 anchoredAt, bytes32 rootCommitment)
    {
        Vault storage state = _vaults[vault];
        rootCommitment = state.rootCommitment;
        if (_isReset(state)) return (state.epoch + 1, writer, state.resetSize, state.resetRoot, state.resetFrom, rootCommitment);
        return (state.epoch, state.writer, state.size, state.root, state.anchoredAt, rootCommitment);
    }

    /// @inheritdoc IVaultRegistryView
    function governanceOf(bytes32 vault) external view returns (VaultGovernance memory) {
        Vault storage state = _vaults[vault];
        bool pending = state.resetFrom != 0 && !_isReset(state);
        return VaultGovernance({
            admin: state.admin,
            guardian: state.guardian,
            delay: state.delay,
            vaultKey: state.vaultKey,
            resetFrom: pending ? state.resetFrom : 0,
            resetSize: pending ? state.resetSize : 0,
            resetRoot: pending ? state.resetRoot : bytes32(0)
        });
    }

    /// @inheritdoc IVaultRegistryView
    function liveFrom(bytes32 vault, bytes32 image) external view returns (uint40) {
        return _liveFrom[vault][image];
    }

    /// The vault after a reset that holds by now.
    function _settled(bytes32 vault) private returns (Vault storage state) {
        state = _known(vault);
        if (!_isReset(state)) return state;
        state.epoch += 1;
        delete state.writer;
        state.size = state.resetSize;
        state.root = state.resetRoot;
        state.anchoredAt = state.resetFrom;
        _clearReset(state);
    }

    function _isReset(Vault storage state) private view returns (bool) {
        return state.resetFrom != 0 && block.timestamp >= state.resetFrom;
    }

    function _clearReset(Vault storage state) private {
        delete state.resetFrom;
        delete state.resetSize;
        delete state.resetRoot;
    }

    function _known(bytes32 vault) private view returns (Vault storage state) {
        state = _vaults[vault];
        if (state.admin == address(0)) revert VaultUnknown(vault);
    }

    function _admit(bytes32 vault, bytes32 image, bytes32 release, uint40 live) private {
        if (image == 0 || image == DEBUG_IMAGE) revert ImageInvalid(image);
        if (_liveFrom[vault][image] != 0) revert ImageKnown(image);
        _liveFrom[vault][image] = live;
        emit ImageProposed(vault, image, release, live);
    }

    function _anchor(Vault storage state, uint64 size, bytes32 root) private {
        state.size = size;
        state.root = root;
        state.anchoredAt = uint40(block.timestamp);
    }

    /// EIP-712. Nothing is cached: an immutable would make the code differ from the artifact, and a chain split would keep the old id.
    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, keccak256("PST Vault Registry"), keccak256("1"), block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
