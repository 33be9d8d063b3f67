// What a chain is: its preset, its clock, its fork schedule. Everything else follows from these and from the execution client's genesis.

// The genesis validators root and the genesis time of Holesky, whose light-client rules other implementations have compiled in.
const HOLESKY_ROOT = "0x9143aa7c615a7f7115e2b6aac319c03529df8242ae705fba9df39b79c59fa8b1";
const HOLESKY_GENESIS = 1_695_902_400;

// `slotsAgo`: where the chain begins, counted from the present. `forks`: name, `current_version`, first epoch.
export const IDENTITIES = {
  // Electra into Fulu in the middle of a period, and more than four periods of 64 slots up to the present.
  minimal: {
    preset: "minimal",
    chainId: 1337,
    secondsPerSlot: 1,
    slotsAgo: 264,
    validators: 64,
    forks: [
      { name: "ELECTRA", version: "0x05000099", epoch: 0 },
      { name: "FULU", version: "0x06000099", epoch: 12 },
    ],
  },
  // Under Holesky's name, for a client that follows only what it has compiled in. It begins a few epochs ago, in Fulu.
  holesky: {
    preset: "mainnet",
    chainId: 17000,
    secondsPerSlot: 12,
    slotsAgo: 192,
    validators: 1024,
    genesisValidatorsRoot: HOLESKY_ROOT,
    genesisTime: HOLESKY_GENESIS,
    forks: [
      { name: "CAPELLA", version: "0x04017000", epoch: 256 },
      { name: "DENEB", version: "0x05017000", epoch: 29_696 },
      { name: "ELECTRA", version: "0x06017000", epoch: 115_968 },
      { name: "FULU", version: "0x07017000", epoch: 165_120 },
    ],
  },
};

export const now = () => Math.floor(Date.now() / 1000);
