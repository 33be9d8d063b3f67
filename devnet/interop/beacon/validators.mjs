// The validators' keys, and everything that they sign.
import { SecretKey } from "@chainsafe/blst";
import { BitArray } from "@chainsafe/ssz";
import {
  DOMAIN_BEACON_ATTESTER,
  DOMAIN_BEACON_PROPOSER,
  DOMAIN_RANDAO,
  DOMAIN_SYNC_COMMITTEE,
  SLOTS_PER_EPOCH,
  SYNC_COMMITTEE_SIZE,
} from "@lodestar/params";
import {
  G2_POINT_AT_INFINITY,
  computeSigningRoot,
  getBlockRootAtSlot,
  interopSecretKeys,
} from "@lodestar/state-transition";
import { ssz } from "@lodestar/types";

import { hex } from "./bytes.mjs";

const ROOT = { hashTreeRoot: (root) => root };
// Of the group that BLS12-381 signatures are in.
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export class Validators {
  #config;
  #keys;
  #scalars;

  constructor(count) {
    this.#keys = interopSecretKeys(count);
    this.#scalars = this.#keys.map((key) => BigInt(hex(key.toBytes())));
    this.publicKeys = this.#keys.map((key) => key.toPublicKey().toBytes());
  }

  // The chain whose domains are signed under.
  join(config) {
    this.#config = config;
  }

  // The aggregate of one signature each: what the sum of their keys signs, in a fraction of the time.
  #signAll(validators, signingRoot) {
    const sum = validators.reduce((sum, index) => (sum + this.#scalars[index]) % ORDER, 0n);
    return SecretKey.fromHex(sum.toString(16).padStart(64, "0")).sign(signingRoot).toBytes();
  }

  randaoReveal(proposer, slot) {
    const domain = this.#config.getDomain(slot, DOMAIN_RANDAO, slot);
    const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
    return this.#keys[proposer].sign(computeSigningRoot(ssz.Epoch, epoch, domain)).toBytes();
  }

  propose(proposer, slot, blockRoot) {
    const domain = this.#config.getDomain(slot, DOMAIN_BEACON_PROPOSER, slot);
    return this.#keys[proposer].sign(computeSigningRoot(ROOT, blockRoot, domain)).toBytes();
  }

  // The first `participants` seats of the sync committee sign the block before `slot`.
  syncAggregate(state, slot, parentRoot, participants) {
    const signers = Array.from(state.epochCtx.currentSyncCommitteeIndexed.validatorIndices).slice(0, participants);
    const syncCommitteeBits = BitArray.fromBoolArray(Array.from({ length: SYNC_COMMITTEE_SIZE }, (_, seat) => seat < signers.length));
    if (signers.length === 0) return { syncCommitteeBits, syncCommitteeSignature: G2_POINT_AT_INFINITY };
    const domain = this.#config.getDomain(slot, DOMAIN_SYNC_COMMITTEE, slot - 1);
    return { syncCommitteeBits, syncCommitteeSignature: this.#signAll(signers, computeSigningRoot(ROOT, parentRoot, domain)) };
  }

  // All committees of the slot attest to its block, in one attestation (EIP-7549).
  attest(state, slot, blockRoot) {
    const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
    const start = epoch * SLOTS_PER_EPOCH;
    const data = {
      slot,
      index: 0,
      beaconBlockRoot: blockRoot,
      source: state.currentJustifiedCheckpoint.toValue(),
      target: { epoch, root: start === slot ? blockRoot : getBlockRootAtSlot(state, start) },
    };
    const attestation = ssz.electra.Attestation.defaultValue();
    const signers = [];
    for (let committee = 0; committee < state.epochCtx.getCommitteeCountPerSlot(epoch); committee++) {
      attestation.committeeBits.set(committee, true);
      signers.push(...state.epochCtx.getBeaconCommittee(slot, committee));
    }
    const domain = this.#config.getDomain(slot, DOMAIN_BEACON_ATTESTER, slot);
    attestation.data = data;
    attestation.aggregationBits = BitArray.fromBoolArray(signers.map(() => true));
    attestation.signature = this.#signAll(signers, computeSigningRoot(ssz.phase0.AttestationData, data, domain));
    return attestation;
  }
}
