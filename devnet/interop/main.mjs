// A beacon chain over a real execution client, with the project's contracts in its first blocks. Prints where it is as one line of JSON.
//   node main.mjs --directory DIR --deployer HEX [--fund ADDRESS]... [--identity minimal|holesky] [--beacon-port N]
// It begins a while ago and stays there until it is asked to go on: see serve.mjs. It ends when its standard input does.
import { parseArgs } from "node:util";

import { setActivePreset } from "@lodestar/params/setPreset";

import "./execution/lifeline.mjs";
import { hex } from "./beacon/bytes.mjs";
import { IDENTITIES, now } from "./beacon/identity.mjs";

const { values: options } = parseArgs({
  options: {
    directory: { type: "string" },
    deployer: { type: "string" },
    fund: { type: "string", multiple: true, default: [] },
    identity: { type: "string", default: "minimal" },
    "beacon-port": { type: "string", default: "0" },
  },
});
const identity = IDENTITIES[options.identity];
setActivePreset(identity.preset);

// Lodestar reads the preset when it is loaded.
const { SLOTS_PER_EPOCH } = await import("@lodestar/params");
const { Chain } = await import("./beacon/chain.mjs");
const { startExecution } = await import("./execution/client.mjs");
const { deploy, deployed } = await import("./execution/deploy.mjs");
const { serve } = await import("./serve.mjs");

const { eth, engine, url, stop } = await startExecution({
  directory: options.directory,
  chainId: identity.chainId,
  funded: options.fund,
});
process.on("exit", stop);

const present = now();
const genesisTime = identity.genesisTime ?? present - identity.slotsAgo * identity.secondsPerSlot;
const firstEpoch = Math.floor(((present - genesisTime) / identity.secondsPerSlot - identity.slotsAgo) / SLOTS_PER_EPOCH);
const slot = firstEpoch * SLOTS_PER_EPOCH;
const chain = new Chain({ identity, genesisTime, slot, block: await eth("eth_getBlockByNumber", "0x0", false), engine });
await chain.advance(1);
const contracts = await deploy({ eth, chainId: identity.chainId, secret: options.deployer });
await chain.advance(1);
await deployed({ eth, contracts });

const network = {
  chain_id: identity.chainId,
  preset: identity.preset,
  genesis_time: genesisTime,
  genesis_validators_root: hex(chain.config.genesisValidatorsRoot),
  seconds_per_slot: identity.secondsPerSlot,
  forks: identity.forks,
};
const beacon = await serve(chain, Number(options["beacon-port"]));
console.log(JSON.stringify({ beacon_url: beacon, execution_url: url, first_slot: slot, network, contracts }));
