// The state that a chain begins with: every validator active, the execution client's genesis block below.
import {
  EPOCHS_PER_HISTORICAL_VECTOR,
  ForkSeq,
  SLOTS_PER_EPOCH,
  UNSET_DEPOSIT_REQUESTS_START_INDEX,
} from "@lodestar/params";
import { createBeaconConfig } from "@lodestar/config";
import {
  createCachedBeaconState,
  createPubkeyCache,
  getActiveValidatorIndices,
  getNextSyncCommittee,
} from "@lodestar/state-transition";
import { ssz, sszTypesFor } from "@lodestar/types";

import { initializeProposerLookahead } from "../node_modules/@lodestar/state-transition/lib/util/fulu.js";
import { unhex } from "./bytes.mjs";
import { chainConfig } from "./config.mjs";

const BALANCE = 32e9;
// 0x01: to an address of the execution layer.
const CREDENTIALS = Uint8Array.from([1, ...new Uint8Array(11), ...new Uint8Array(20).fill(0x77)]);

function addValidator(state, publicKey) {
  state.validators.push(
    ssz.phase0.Validator.toViewDU({
      pubkey: publicKey,
      withdrawalCredentials: CREDENTIALS,
      effectiveBalance: BALANCE,
      slashed: false,
      activationEligibilityEpoch: 0,
      activationEpoch: 0,
      exitEpoch: Infinity,
      withdrawableEpoch: Infinity,
    }),
  );
  state.balances.push(BALANCE);
  state.previousEpochParticipation.push(0);
  state.currentEpochParticipation.push(0);
  state.inactivityScores.push(0);
}

function payloadHeader(types, block) {
  return types.ExecutionPayloadHeader.toViewDU({
    ...types.ExecutionPayloadHeader.defaultValue(),
    parentHash: unhex(block.parentHash),
    stateRoot: unhex(block.stateRoot),
    receiptsRoot: unhex(block.receiptsRoot),
    gasLimit: Number(block.gasLimit),
    timestamp: Number(block.timestamp),
    baseFeePerGas: BigInt(block.baseFeePerGas),
    blockHash: unhex(block.hash),
    transactionsRoot: ssz.bellatrix.Transactions.hashTreeRoot([]),
    withdrawalsRoot: ssz.capella.Withdrawals.hashTreeRoot([]),
  });
}

// A chain's first state, at `slot`, over the execution client's block `block`, with the validators' keys.
export function genesisState({ identity, genesisTime, slot, block, publicKeys }) {
  const forks = chainConfig(identity);
  const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
  const { name, seq, version, prevVersion } = forks.getForkInfo(slot);
  const types = sszTypesFor(name);
  const state = types.BeaconState.defaultViewDU();
  const eth1Data = { depositRoot: new Uint8Array(32), depositCount: BigInt(publicKeys.length), blockHash: unhex(block.hash) };
  const body = types.BeaconBlockBody.hashTreeRoot(types.BeaconBlockBody.defaultValue());
  const header = { ...ssz.phase0.BeaconBlockHeader.defaultValue(), slot, bodyRoot: body };
  const mix = unhex(block.hash);

  state.slot = slot;
  state.genesisTime = genesisTime;
  state.fork = ssz.phase0.Fork.toViewDU({
    previousVersion: slot === 0 ? version : prevVersion,
    currentVersion: version,
    epoch: Math.max(0, forks.forks[name].epoch),
  });
  state.latestBlockHeader = ssz.phase0.BeaconBlockHeader.toViewDU(header);
  state.eth1Data = ssz.phase0.Eth1Data.toViewDU(eth1Data);
  state.eth1DepositIndex = publicKeys.length;
  state.randaoMixes = ssz.phase0.RandaoMixes.toViewDU(Array.from({ length: EPOCHS_PER_HISTORICAL_VECTOR }, () => mix));
  for (const publicKey of publicKeys) addValidator(state, publicKey);
  state.latestExecutionPayloadHeader = payloadHeader(types, block);
  state.depositRequestsStartIndex = UNSET_DEPOSIT_REQUESTS_START_INDEX;
  if (epoch > 0) {
    // What came before is not known here; these only have to be other than a default.
    const checkpoint = () => ssz.phase0.Checkpoint.toViewDU({ epoch: epoch - 1, root: new Uint8Array(32).fill(1) });
    state.previousJustifiedCheckpoint = checkpoint();
    state.currentJustifiedCheckpoint = checkpoint();
    state.finalizedCheckpoint = checkpoint();
  }
  state.commit();
  const root = identity.genesisValidatorsRoot;
  state.genesisValidatorsRoot = root ? unhex(root) : state.validators.hashTreeRoot();
  state.commit();

  const config = createBeaconConfig(forks, state.genesisValidatorsRoot);
  const pubkeyCache = createPubkeyCache();
  const known = createCachedBeaconState(state.clone(), { config, pubkeyCache }, { skipSyncCommitteeCache: true });
  const active = getActiveValidatorIndices(state, epoch);
  const { syncCommittee } = getNextSyncCommittee(seq, known, active, known.epochCtx.effectiveBalanceIncrements);
  state.currentSyncCommittee = ssz.altair.SyncCommittee.toViewDU(syncCommittee);
  state.nextSyncCommittee = ssz.altair.SyncCommittee.toViewDU(syncCommittee);
  if (seq >= ForkSeq.fulu) {
    state.proposerLookahead = ssz.fulu.ProposerLookahead.toViewDU(initializeProposerLookahead(known));
  }
  state.commit();
  return { config, state: createCachedBeaconState(state, { config, pubkeyCache }) };
}
