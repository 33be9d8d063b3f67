// What a beacon node serves to light clients, made from its blocks and states (consensus-specs, `altair/light-client/full-node.md`).
import { Tree } from "@chainsafe/persistent-merkle-tree";
import {
  BLOCK_BODY_EXECUTION_PAYLOAD_GINDEX,
  CURRENT_SYNC_COMMITTEE_GINDEX_ELECTRA,
  FINALIZED_ROOT_GINDEX_ELECTRA,
  NEXT_SYNC_COMMITTEE_GINDEX_ELECTRA,
  SYNC_COMMITTEE_SIZE,
} from "@lodestar/params";
import { blockToHeader, computeSyncPeriodAtSlot, executionPayloadToPayloadHeader } from "@lodestar/state-transition";
import { sszTypesFor } from "@lodestar/types";

import { hex } from "./bytes.mjs";

const branch = (view, gindex) => new Tree(view.node).getSingleProof(BigInt(gindex));

// What `is_better_update` compares, the weightiest first, when both of a period know its finality.
function rank({ update, finalizedPeriod, period }) {
  const { syncAggregate, attestedHeader } = update;
  const participants = syncAggregate.syncCommitteeBits.getTrueBitIndexes().length;
  const supermajority = participants * 3 >= SYNC_COMMITTEE_SIZE * 2;
  return [supermajority, finalizedPeriod === period, supermajority ? 0 : participants, participants, -attestedHeader.beacon.slot].map(Number);
}

function better(one, other) {
  const [a, b] = [rank(one), rank(other)];
  const index = a.findIndex((value, index) => value !== b[index]);
  return index >= 0 && a[index] > b[index];
}

export class LightData {
  #config;
  #blocks = new Map();
  // By period.
  #best = new Map();
  // { fork, value }, once there is one.
  finality;
  optimistic;

  constructor(config) {
    this.#config = config;
  }

  #header(fork, block) {
    const body = sszTypesFor(fork).BeaconBlockBody.toView(block.body);
    return {
      beacon: blockToHeader(this.#config, block),
      execution: executionPayloadToPayloadHeader(this.#config.getForkSeq(block.slot), block.body.executionPayload),
      executionBranch: branch(body, BLOCK_BODY_EXECUTION_PAYLOAD_GINDEX),
    };
  }

  // Takes in a block with its state, and what its sync aggregate says of its parent.
  add(root, block, state) {
    const fork = this.#config.getForkName(block.slot);
    this.#blocks.set(hex(root), { fork, root, state, header: this.#header(fork, block) });
    const parent = this.#blocks.get(hex(block.parentRoot));
    if (!parent || block.body.syncAggregate.syncCommitteeBits.getTrueBitIndexes().length === 0) return;
    const attested = { attestedHeader: parent.header, syncAggregate: block.body.syncAggregate, signatureSlot: block.slot };
    this.optimistic = { fork: parent.fork, value: attested };
    const finalized = this.#blocks.get(hex(parent.state.finalizedCheckpoint.root));
    if (!finalized) return;
    const finality = {
      ...attested,
      finalizedHeader: finalized.header,
      finalityBranch: branch(parent.state, FINALIZED_ROOT_GINDEX_ELECTRA),
    };
    this.finality = { fork: parent.fork, value: finality };
    this.#consider(parent, finalized, finality);
  }

  #consider(parent, finalized, finality) {
    const period = computeSyncPeriodAtSlot(parent.header.beacon.slot);
    if (computeSyncPeriodAtSlot(finality.signatureSlot) !== period) return;
    const candidate = { update: finality, period, finalizedPeriod: computeSyncPeriodAtSlot(finalized.header.beacon.slot) };
    const best = this.#best.get(period);
    if (best && !better(candidate, best)) return;
    const value = {
      ...finality,
      nextSyncCommittee: parent.state.nextSyncCommittee.toValue(),
      nextSyncCommitteeBranch: branch(parent.state, NEXT_SYNC_COMMITTEE_GINDEX_ELECTRA),
    };
    this.#best.set(period, { ...candidate, fork: parent.fork, value });
  }

  bootstrap(rootHex) {
    const block = this.#blocks.get(rootHex);
    if (!block) return undefined;
    const value = {
      header: block.header,
      currentSyncCommittee: block.state.currentSyncCommittee.toValue(),
      currentSyncCommitteeBranch: branch(block.state, CURRENT_SYNC_COMMITTEE_GINDEX_ELECTRA),
    };
    return { fork: block.fork, value };
  }

  updates(startPeriod, count) {
    const periods = Array.from({ length: count }, (_, index) => startPeriod + index);
    return periods.map((period) => this.#best.get(period)).filter(Boolean);
  }

  // The header of a block of the chain, by its root.
  header(rootHex) {
    return this.#blocks.get(rootHex)?.header;
  }
}
