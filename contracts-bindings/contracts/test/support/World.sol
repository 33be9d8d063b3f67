// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    Class, Decision, IStoreAccessPolicyAdmin, IVaultRegistry, P256Key, P256Sig, Param, Request, Status, StoreRef, Subject
} from "../../src/Interfaces.sol";
import {PortfolioState, StoreState} from "../../src/IStoreRegistryView.sol";
import {StoreAccessPolicy} from "../../src/StoreAccessPolicy.sol";
import {StoreRegistry} from "../../src/StoreRegistry.sol";
import {VaultRegistry} from "../../src/VaultRegistry.sol";
import {YesPolicy} from "./Policies.sol";
import {vm} from "./Vm.sol";

/// The valid case that every test changes one thing of: a vault, a portfolio of it under the reference policy, and one grant.
abstract contract World {
    address internal constant ADMIN = address(0xad01);
    address internal constant VAULT_GUARDIAN = address(0xad02);
    address internal constant BREAKER = address(0xad03);
    address internal constant OWNER = address(0x0301);
    address internal constant GUARDIAN = address(0x0302);
    address internal constant SERVICER = address(0x0303);
    address internal constant BUYER = address(0xb001);
    address internal constant CALLER = address(0xca01);
    address internal constant STRANGER = address(0xff01);

    bytes32 internal constant CONSTITUTION = bytes32(uint256(0xc0));
    bytes32 internal constant COMMITMENT = bytes32(uint256(0x70));
    bytes32 internal constant IMAGE = bytes32(uint256(0x1a));
    bytes32 internal constant SALT = bytes32(uint256(0x5a));
    bytes32 internal constant ORDERS = keccak256("shopify.query.orders");
    bytes32 internal constant RECOVERY = keccak256("recovery");
    bytes32 internal constant ROLE = keccak256("underwriter");
    bytes32 internal constant LOGIN = keccak256("vault.otp");
    uint256 internal constant VAULT_KEY = 0xa11ce;
    uint256 internal constant WRITER_KEY = 0xb0b;
    uint40 internal constant DELAY = 2 days;
    uint40 internal constant FOREVER = type(uint40).max;
    bytes32 internal constant EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    uint256 internal constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;

    VaultRegistry internal vaults;
    StoreRegistry internal registry;
    StoreAccessPolicy internal policy;
    YesPolicy internal yes;
    bytes32 internal vault;
    uint64 internal portfolio;

    /// forge moves the clock in steps that the optimizer does not see, so the time is kept here.
    uint40 internal now_;

    function build() internal {
        now_ = 1_800_000_000;
        vm.warp(now_);
        if (vm.envOr("FROM_SOURCE", false)) {
            vaults = new VaultRegistry();
            vm.prank(BREAKER);
            registry = new StoreRegistry(vaults);
            policy = new StoreAccessPolicy(registry);
        } else {
            vaults = VaultRegistry(published("VaultRegistry", "", ADMIN));
            registry = StoreRegistry(published("StoreRegistry", abi.encode(vaults), BREAKER));
            policy = StoreAccessPolicy(published("StoreAccessPolicy", abi.encode(registry), ADMIN));
        }
        yes = new YesPolicy();
        vault = createVault(ADMIN);
        vm.prank(OWNER);
        portfolio = registry.createPortfolio(vault, address(policy), GUARDIAN, SERVICER, DELAY);
        grant(anyRead());
    }

    /// Deploys the committed artifact.
    function published(string memory name, bytes memory arguments, address deployer) internal returns (address account) {
        bytes memory creation = abi.encodePacked(vm.getCode(string.concat("artifacts/", name, ".json")), arguments);
        vm.prank(deployer);
        assembly {
            account := create(0, add(creation, 32), mload(creation))
        }
        require(account != address(0), "not deployed");
    }

    function wait_(uint256 time) internal {
        now_ += uint40(time);
        vm.warp(now_);
    }

    // ---- the vault registry

    function key(uint256 secret) internal pure returns (P256Key memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(secret);
        return P256Key(bytes32(x), bytes32(y));
    }

    function lowS(uint256 secret, bytes32 digest) internal pure returns (P256Sig memory sig) {
        (bytes32 r, bytes32 s) = vm.signP256(secret, digest);
        return P256Sig(r, uint256(s) > P256_ORDER / 2 ? bytes32(P256_ORDER - uint256(s)) : s);
    }

    function digest712(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PST Vault Registry"),
                keccak256("1"),
                block.chainid,
                address(vaults)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function consent(bytes32 vaultId) internal view returns (P256Sig memory) {
        bytes32 what = keccak256("CreateVault(bytes32 vault,bytes32 constitution,bytes32 rootCommitment)");
        return lowS(VAULT_KEY, digest712(keccak256(abi.encode(what, vaultId, CONSTITUTION, COMMITMENT))));
    }

    function createVault(address admin) internal returns (bytes32) {
        P256Sig memory sig = consent(keccak256(abi.encode(admin, CONSTITUTION)));
        vm.prank(admin);
        return vaults.createVault(CONSTITUTION, key(VAULT_KEY), COMMITMENT, IMAGE, VAULT_GUARDIAN, 7 days, sig);
    }

    function claimSig(uint256 signer, P256Key memory writer, uint64 epoch, uint64 size, bytes32 root) internal view returns (P256Sig memory) {
        bytes32 what = keccak256("ClaimWriter(bytes32 vault,uint64 epoch,bytes32 x,bytes32 y,uint64 size,bytes32 root)");
        return lowS(signer, digest712(keccak256(abi.encode(what, vault, epoch, writer.x, writer.y, size, root))));
    }

    function anchorSig(uint256 signer, uint64 epoch, uint64 size, bytes32 root) internal view returns (P256Sig memory) {
        bytes32 what = keccak256("Anchor(bytes32 vault,uint64 epoch,uint64 size,bytes32 root)");
        return lowS(signer, digest712(keccak256(abi.encode(what, vault, epoch, size, root))));
    }

    // ---- the store registry

    function store() internal view returns (StoreRef memory) {
        return StoreRef(portfolio, SALT);
    }

    function whole() internal view returns (StoreRef memory) {
        return StoreRef(portfolio, 0);
    }

    /// Computed here and not asked, so that it can stand in a call that a prank is waiting for.
    function id() internal view returns (bytes32) {
        return idOf(store());
    }

    function idOf(StoreRef memory ref) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(registry), ref.origin, ref.salt));
    }

    function refs(StoreRef memory ref) internal pure returns (StoreRef[] memory list) {
        list = new StoreRef[](1);
        list[0] = ref;
    }

    function none() internal pure returns (StoreRef[] memory) {
        return new StoreRef[](0);
    }

    function setStatus(Status status) internal {
        vm.prank(SERVICER);
        registry.setStatus(refs(store()), status, "because");
    }

    function newPortfolio(address owner, address itsPolicy, address guardian, uint40 delay) internal returns (uint64) {
        vm.prank(owner);
        return registry.createPortfolio(vault, itsPolicy, guardian, SERVICER, delay);
    }

    function sell() internal {
        vm.prank(OWNER);
        registry.offerPortfolio(portfolio, BUYER);
        wait_(DELAY);
        vm.prank(BUYER);
        registry.acceptPortfolio(portfolio, address(policy), GUARDIAN, SERVICER);
    }

    function moveTo(address from, uint64 to, address toOwner) internal {
        vm.prank(from);
        registry.offerStores(refs(store()), to);
        wait_(DELAY);
        vm.prank(toOwner);
        registry.acceptStores(to, refs(store()));
    }

    // ---- the policy

    /// Every store, READ, while performing, without end or limit.
    function anyRead() internal pure returns (IStoreAccessPolicyAdmin.Grant memory given) {
        given.subject = bytes32(uint256(uint160(CALLER)));
        given.what = bytes32(uint256(uint8(Class.READ)));
        given.until = FOREVER;
        given.statuses = 1;
    }

    function grant(IStoreAccessPolicyAdmin.Grant memory given) internal returns (bytes32) {
        return grantBy(OWNER, given);
    }

    function grantBy(address owner, IStoreAccessPolicyAdmin.Grant memory given) internal returns (bytes32) {
        IStoreAccessPolicyAdmin.Grant[] memory list = new IStoreAccessPolicyAdmin.Grant[](1);
        list[0] = given;
        vm.prank(owner);
        return policy.grant(portfolio, list)[0];
    }

    function revoke(IStoreAccessPolicyAdmin.Grant memory given) internal {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = policy.grantIdOf(portfolio, given.subject, given.store, given.what);
        vm.prank(OWNER);
        policy.revoke(portfolio, ids);
    }

    /// Makes the caller a member.
    function giveRole(uint40 until) internal {
        address[] memory members = new address[](1);
        members[0] = CALLER;
        vm.prank(OWNER);
        policy.setRole(portfolio, ROLE, members, until);
    }

    // ---- the request

    /// Allowed in this world.
    function request() internal view returns (Request memory asked) {
        asked.vault = vault;
        asked.image = IMAGE;
        asked.ref = store();
        asked.caller = CALLER;
        asked.operation = ORDERS;
        asked.class = Class.READ;
        asked.requestHash = bytes32(uint256(1));
        asked.time = now_;
    }

    function authorize(Request memory asked) internal view returns (Decision memory decision) {
        (decision,) = registry.authorize{gas: 5_000_000}(asked);
    }

    function assertAllowed(Request memory asked) internal view {
        require(authorize(asked).allowed, "should be allowed");
    }

    function assertRefused(Request memory asked, bytes32 rule) internal view {
        Decision memory decision = authorize(asked);
        require(!decision.allowed, "should be refused");
        assertEq(decision.rule, rule);
        require(decision.limits.length == 0 && decision.projection == 0, "a refusal says why and nothing else");
    }

    function assertEq(bytes32 a, bytes32 b) internal pure {
        require(a == b, string(abi.encodePacked("not equal: ", a, " and ", b)));
    }

    function assertEq(uint256 a, uint256 b) internal pure {
        assertEq(bytes32(a), bytes32(b));
    }

    function assertEq(address a, address b) internal pure {
        require(a == b, "not the same address");
    }
}

/// A test that starts from the valid case.
abstract contract InWorld is World {
    function setUp() public virtual {
        build();
    }
}
