// Helios on the chain under Holesky's name: follows it, reads what it is asked to, and prints what it found, or why it refused, as one line
// of JSON.
//   node follow.mjs CONSENSUS_URL EXECUTION_URL CHECKPOINT ADDRESS SLOT BALANCE_OF
import { createHeliosProvider } from "@a16z/helios";

const [consensusRpc, executionRpc, checkpoint, address, slot, account] = process.argv.slice(2);
const PATIENCE_MS = 60_000;

function end(answer) {
  console.log(JSON.stringify(answer));
  process.exit(0);
}

// What goes wrong while it synchronises is only logged.
const said = [];
for (const level of ["log", "warn", "error", "info", "debug"]) {
  console[level === "log" ? "debug" : level] = (...words) => said.push(words.join(" "));
}
setTimeout(() => end({ refused: said.find((line) => /invalid|error/i.test(line)) ?? "it does not synchronise", said }), PATIENCE_MS);

try {
  const helios = await createHeliosProvider({ network: "holesky", consensusRpc, executionRpc, checkpoint, dbType: "config" }, "ethereum");
  const since = performance.now();
  await helios.waitSynced();
  const synced = performance.now() - since;
  const ask = (method, ...params) => helios.request({ method, params });
  const head = async (tag) => {
    const { number, hash, stateRoot } = await ask("eth_getBlockByNumber", tag, false);
    return { number: Number(number), hash, state_root: stateRoot };
  };
  const finalized = await head("finalized");
  end({
    synced_ms: Math.round(synced),
    latest: await head("latest"),
    finalized,
    value: await ask("eth_getStorageAt", address, slot, "finalized"),
    balance: await ask("eth_getBalance", account, "finalized"),
  });
} catch (error) {
  end({ refused: String(error?.message ?? error), said });
}
