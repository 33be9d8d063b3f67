// A process of @ethereumjs/client: JSON-RPC for whoever asks, the Engine API for the beacon chain.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { jsonRpc } from "./rpc.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const START_MS = 60_000;
// EIP-4788: the beacon roots contract.
const BEACON_ROOTS = "0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02";
const BEACON_ROOTS_CODE =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500";

// Every fork up to Prague from the first block on, and what is there before it.
function genesis(chainId, funded) {
  const blocks = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul", "berlin", "london"];
  return {
    config: {
      chainId,
      ...Object.fromEntries([...blocks, "mergeFork", "mergeNetsplit"].map((name) => [`${name}Block`, 0])),
      ...Object.fromEntries(["shanghai", "cancun", "prague"].map((name) => [`${name}Time`, 0])),
      terminalTotalDifficulty: 0,
      terminalTotalDifficultyPassed: true,
      blobSchedule: {
        cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
        prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
      },
      depositContractAddress: "0x4242424242424242424242424242424242424242",
    },
    alloc: {
      ...Object.fromEntries(funded.map((address) => [address, { balance: "0x3635c9adc5dea00000" }])),
      [BEACON_ROOTS]: { balance: "0x0", nonce: "0x1", code: BEACON_ROOTS_CODE },
    },
    coinbase: `0x${"0".repeat(40)}`,
    difficulty: "0x0",
    extraData: "0x",
    gasLimit: "0x1c9c380",
    nonce: "0x0000000000000000",
    mixHash: `0x${"0".repeat(64)}`,
    parentHash: `0x${"0".repeat(64)}`,
    timestamp: "0x0",
    baseFeePerGas: "0x3b9aca00",
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// Starts one in `directory` and waits until it answers. `eth` and `engine` call its methods.
export async function startExecution({ directory, chainId, funded }) {
  mkdirSync(directory, { recursive: true });
  const secret = randomBytes(32);
  const file = (name, content) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const [rpcPort, enginePort, peerPort] = [await freePort(), await freePort(), await freePort()];
  const flags = {
    gethGenesis: file("genesis.json", JSON.stringify(genesis(chainId, funded))),
    jwtSecret: file("jwt.hex", secret.toString("hex")),
    dataDir: join(directory, "data"),
    rpcAddr: "127.0.0.1",
    rpcPort,
    rpcEngineAddr: "127.0.0.1",
    rpcEnginePort: enginePort,
    port: peerPort,
    sync: "none",
    discDns: false,
    discV4: false,
    logFile: false,
  };
  const log = openSync(join(directory, "client.log"), "a");
  const child = spawn(
    process.execPath,
    [
      ...["./lifeline.mjs", "./p256verify.mjs"].flatMap((module) => ["--import", new URL(module, import.meta.url).href]),
      here("../node_modules/@ethereumjs/client/dist/esm/bin/cli.js"),
      // Without peers the transaction pool opens only for a single node.
      ...["--rpc", "--rpcEngine", "--isSingleNode"],
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    { cwd: directory, stdio: ["pipe", log, log] },
  );
  const url = `http://127.0.0.1:${rpcPort}`;
  const eth = jsonRpc(url);
  const since = Date.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the execution client ended with ${child.exitCode}; see ${directory}/client.log`);
    const up = await eth("eth_chainId").catch(() => undefined);
    if (up === `0x${chainId.toString(16)}`) break;
    if (Date.now() - since > START_MS) throw new Error(`the execution client does not answer; see ${directory}/client.log`);
    await sleep(50);
  }
  return { url, eth, engine: jsonRpc(`http://127.0.0.1:${enginePort}`, secret), stop: () => child.kill() };
}
