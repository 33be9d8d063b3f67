// Lodestar's configuration of a chain. The preset has to be set before this module is loaded.
import { createChainForkConfig, defaultChainConfig } from "@lodestar/config";
import { ACTIVE_PRESET } from "@lodestar/params";

import { unhex } from "./bytes.mjs";

const FORKS = ["ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU", "GLOAS", "HEZE"];

export function chainConfig(identity) {
  const config = {
    ...defaultChainConfig,
    CONFIG_NAME: "interop",
    PRESET_BASE: ACTIVE_PRESET,
    MIN_GENESIS_ACTIVE_VALIDATOR_COUNT: identity.validators,
    GENESIS_DELAY: 0,
    SECONDS_PER_SLOT: identity.secondsPerSlot,
    SLOT_DURATION_MS: identity.secondsPerSlot * 1000,
    TERMINAL_TOTAL_DIFFICULTY: 0n,
    DEPOSIT_CHAIN_ID: identity.chainId,
    DEPOSIT_NETWORK_ID: identity.chainId,
    BLOB_SCHEDULE: [],
  };
  // A fork without a line of its own began with the first one that has.
  const first = FORKS.indexOf(identity.forks[0].name);
  FORKS.forEach((name, index) => {
    const fork = identity.forks.find((fork) => fork.name === name);
    config[`${name}_FORK_EPOCH`] = fork?.epoch ?? (index < first ? 0 : Infinity);
    config[`${name}_FORK_VERSION`] = fork ? unhex(fork.version) : Uint8Array.from([index + 1, 0, 0, 0x98]);
  });
  return createChainForkConfig(config);
}
