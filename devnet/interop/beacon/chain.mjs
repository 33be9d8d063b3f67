// The beacon chain: one block a slot over the execution client's payloads, every signature and state root checked by the state transition.
import { MAX_ATTESTATIONS_ELECTRA, SLOTS_PER_EPOCH, SYNC_COMMITTEE_SIZE } from "@lodestar/params";
import {
  DataAvailabilityStatus,
  ExecutionPayloadStatus,
  getExpectedWithdrawals,
  getRandaoMix,
  processSlots,
  stateTransition,
  verifyProposerSignature,
} from "@lodestar/state-transition";
import { ssz, sszTypesFor } from "@lodestar/types";

import { hex, quantity, unhex } from "./bytes.mjs";
import { genesisState } from "./genesis.mjs";
import { now } from "./identity.mjs";
import { LightData } from "./light.mjs";
import { Validators } from "./validators.mjs";

const ZERO_HASH = `0x${"0".repeat(64)}`;
const FEE_RECIPIENT = `0x${"11".repeat(20)}`;
const EXTERNAL = { executionPayloadStatus: ExecutionPayloadStatus.valid, dataAvailabilityStatus: DataAvailabilityStatus.Available };
// The state root is not known, and the proposer can't sign, before the block is processed.
const PROPOSING = { ...EXTERNAL, verifyStateRoot: false, verifyProposer: false, verifySignatures: true };

// What goes wrong on a real chain, by slot: some slots stay empty, and not all of the sync committee signs always.
const isMissed = (slot) => slot % 29 === 17 && slot % SLOTS_PER_EPOCH !== 0;
const participants = (slot) => (slot % 7 === 0 ? Math.floor(SYNC_COMMITTEE_SIZE * 0.8) : SYNC_COMMITTEE_SIZE);

function fromEngine(payload) {
  const numbers = ["blockNumber", "gasLimit", "gasUsed", "timestamp"];
  const big = ["baseFeePerGas", "blobGasUsed", "excessBlobGas"];
  const read = (name, value) => (numbers.includes(name) ? Number(value) : big.includes(name) ? BigInt(value) : unhex(value));
  return {
    ...Object.fromEntries(
      Object.entries(payload)
        .filter(([, value]) => typeof value === "string")
        .map(([name, value]) => [name, read(name, value)]),
    ),
    transactions: payload.transactions.map(unhex),
    withdrawals: payload.withdrawals.map(({ index, validatorIndex, address, amount }) => ({
      index: Number(index),
      validatorIndex: Number(validatorIndex),
      address: unhex(address),
      amount: BigInt(amount),
    })),
  };
}

const toEngine = ({ index, validatorIndex, address, amount }) => ({
  index: quantity(index),
  validatorIndex: quantity(validatorIndex),
  address: hex(address),
  amount: quantity(amount),
});

// A chain that can't go on has nobody who waits for it.
function fail(error) {
  console.error(error);
  process.exit(1);
}

export class Chain {
  #engine;
  #validators;
  #state;
  #pool = [];
  #making = Promise.resolve();
  // Signed blocks by slot, and slots by root.
  #bySlot = new Map();
  #slots = new Map();
  #headHash;
  #live;

  // `block` is the execution client's genesis block, `slot` where the chain begins.
  constructor({ identity, genesisTime, slot, block, engine }) {
    const validators = new Validators(identity.validators);
    const { config, state } = genesisState({ identity, genesisTime, slot, block, publicKeys: validators.publicKeys });
    validators.join(config);
    this.identity = identity;
    this.config = config;
    this.genesisTime = genesisTime;
    this.light = new LightData(config);
    this.slot = slot;
    this.#engine = engine;
    this.#validators = validators;
    this.#state = state;
    this.#headHash = block.hash;
  }

  // The slot in progress.
  present() {
    return Math.floor((now() - this.genesisTime) / this.identity.secondsPerSlot);
  }

  // Goes on by up to `count` slots, never beyond the present. Callers take turns.
  advance(count) {
    const turn = this.#making.then(async () => {
      for (let done = 0; done < count && this.slot < this.present(); done++) {
        this.slot += 1;
        if (!isMissed(this.slot)) await this.#make(this.slot);
      }
      // Until the next block is asked for, the execution client does not know that the last one is its head.
      if (this.#slots.size > 0) await this.#engine("engine_forkchoiceUpdatedV3", this.#forkchoice(), null);
    });
    this.#making = turn.catch(() => {});
    return turn;
  }

  #executionHash(checkpoint) {
    const header = this.light.header(hex(checkpoint.root));
    return header ? hex(header.execution.blockHash) : ZERO_HASH;
  }

  #forkchoice() {
    return {
      headBlockHash: this.#headHash,
      safeBlockHash: this.#executionHash(this.#state.currentJustifiedCheckpoint),
      finalizedBlockHash: this.#executionHash(this.#state.finalizedCheckpoint),
    };
  }

  async #payload(state, slot, parentRoot) {
    const { payloadStatus, payloadId } = await this.#engine("engine_forkchoiceUpdatedV3", this.#forkchoice(), {
      timestamp: quantity(this.genesisTime + slot * this.identity.secondsPerSlot),
      prevRandao: hex(getRandaoMix(state, state.epochCtx.epoch)),
      suggestedFeeRecipient: FEE_RECIPIENT,
      withdrawals: getExpectedWithdrawals(this.config.getForkSeq(slot), state).expectedWithdrawals.map(toEngine),
      parentBeaconBlockRoot: hex(parentRoot),
    });
    if (payloadStatus.status !== "VALID" || !payloadId) throw new Error(`no payload: ${JSON.stringify(payloadStatus)}`);
    return this.#engine("engine_getPayloadV4", payloadId);
  }

  #attestations(slot) {
    const fresh = this.#pool.filter(({ data }) => data.slot < slot && data.slot >= slot - SLOTS_PER_EPOCH);
    this.#pool = fresh.slice(MAX_ATTESTATIONS_ELECTRA);
    return fresh.slice(0, MAX_ATTESTATIONS_ELECTRA);
  }

  async #make(slot) {
    const before = processSlots(this.#state.clone(), slot);
    const types = sszTypesFor(this.config.getForkName(slot));
    const parentRoot = ssz.phase0.BeaconBlockHeader.hashTreeRoot(before.latestBlockHeader.toValue());
    const proposer = before.epochCtx.getBeaconProposer(slot);
    const { executionPayload, executionRequests } = await this.#payload(before, slot, parentRoot);

    const block = types.BeaconBlock.defaultValue();
    Object.assign(block, { slot, proposerIndex: proposer, parentRoot });
    Object.assign(block.body, {
      randaoReveal: this.#validators.randaoReveal(proposer, slot),
      eth1Data: before.eth1Data.toValue(),
      executionPayload: fromEngine(executionPayload),
      attestations: this.#attestations(slot),
      syncAggregate: this.#validators.syncAggregate(before, slot, parentRoot, this.#slots.size === 0 ? 0 : participants(slot)),
    });
    const signed = { message: block, signature: new Uint8Array(96) };
    const state = stateTransition(before, signed, PROPOSING);
    block.stateRoot = state.hashTreeRoot();
    const root = types.BeaconBlock.hashTreeRoot(block);
    signed.signature = this.#validators.propose(proposer, slot, root);
    if (!verifyProposerSignature(this.config, state.epochCtx.pubkeyCache, signed)) throw new Error(`slot ${slot}: the proposer's signature is bad`);

    const { status } = await this.#engine("engine_newPayloadV4", executionPayload, [], hex(parentRoot), executionRequests ?? []);
    if (status !== "VALID") throw new Error(`the execution client says ${status} to its own payload at slot ${slot}`);
    this.#state = state;
    this.#headHash = executionPayload.blockHash;
    this.#bySlot.set(slot, { root, signed, fork: this.config.getForkName(slot) });
    this.#slots.set(hex(root), slot);
    this.light.add(root, block, state);
    this.#pool.push(this.#validators.attest(state, slot, root));
  }

  // Makes a block in each slot from here on, once the missing ones are made.
  async live() {
    await this.advance(Infinity);
    if (this.#live) return;
    this.#live = setInterval(() => this.advance(Infinity).catch(fail), 250);
  }

  // { root, signed, fork } of a slot's block, of `head`, `finalized` or a block root; undefined if there is none.
  block(id) {
    if (id === "head") return this.#bySlot.get(Math.max(...this.#bySlot.keys()));
    if (id === "finalized") return this.block(hex(this.#state.finalizedCheckpoint.root));
    return this.#bySlot.get(id.startsWith("0x") ? this.#slots.get(id) : Number(id));
  }
}
