// A beacon chain over a real execution client, made up to the present and then kept going. Prints where it is as one line of JSON.
//   node main.mjs --directory DIR --deployer HEX [--fund ADDRESS]... [--identity minimal|holesky] [--slots N] [--beacon-port N]
// It ends when its standard input does.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { setActivePreset } from "@lodestar/params/setPreset";

import "./execution/lifeline.mjs";
import { IDENTITIES, now } from "./beacon/identity.mjs";

const { values: options } = parseArgs({
  options: {
    directory: { type: "string" },
    deployer: { type: "string" },
    fund: { type: "string", multiple: true, default: [] },
    identity: { type: "string", default: "minimal" },
    slots: { type: "string", default: "224" },
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

const DEPLOY_AFTER = 2;
// Slots that may still be made at once when somebody waits for finality: by so many the chain begins behind the present.
const RESERVE = 45;
// Slots that the chain may be behind: within the 120 seconds in which a vault takes a head for fresh.
const BEHIND = 80;

const count = Number(options.slots);
const started = Date.now();
const { eth, engine, url, stop } = await startExecution({
  directory: options.directory,
  chainId: identity.chainId,
  funded: options.fund,
});
process.on("exit", stop);

const behind = count + RESERVE;
const genesisTime = identity.genesisTime ?? now() - behind * identity.secondsPerSlot;
const first = identity.genesisTime ? Math.floor((now() - genesisTime) / identity.secondsPerSlot / SLOTS_PER_EPOCH - 6) * SLOTS_PER_EPOCH : 0;
const chain = new Chain({ identity, genesisTime, slot: first, block: await eth("eth_getBlockByNumber", "0x0", false), engine });
await chain.advance(DEPLOY_AFTER);
const contracts = await deploy({ eth, chainId: identity.chainId, secret: options.deployer });
await chain.advance(identity.genesisTime ? Infinity : count - DEPLOY_AFTER);
await deployed({ eth, contracts });

const network = {
  chain_id: identity.chainId,
  preset: identity.preset,
  genesis_time: genesisTime,
  genesis_validators_root: `0x${Buffer.from(chain.config.genesisValidatorsRoot).toString("hex")}`,
  seconds_per_slot: identity.secondsPerSlot,
  forks: identity.forks,
};
const beacon = await serve(chain, Number(options["beacon-port"]));
const made = { slots: chain.slot - first, milliseconds: Date.now() - started };
console.log(JSON.stringify({ beacon_url: beacon, execution_url: url, network, contracts, first_slot: first, made }));

for (;;) {
  await sleep(identity.secondsPerSlot * 1000);
  const late = chain.present() - chain.slot - BEHIND;
  await chain.advance(Math.max(1, late));
}
