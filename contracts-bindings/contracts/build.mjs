// Compiles src/*.sol with the pinned compiler into artifacts/*.json, which are committed: building the Rust side needs no Node.
//   node build.mjs           write the artifacts
//   node build.mjs --check   fail if a committed artifact differs from what the sources give
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import solc from "solc";

const CONTRACTS = ["StoreRegistry", "StoreAccessPolicy", "VaultRegistry"];
// Their selectors are written down beside the artifacts, so that a test without a compiler can hold the contracts against them.
const INTERFACES = ["IStoreRegistry", "IStoreAccessPolicy", "IStoreAccessPolicyAdmin", "IVaultRegistry"];
const COMPILER = "0.8.37+";

const here = (path) => new URL(path, import.meta.url);

if (!solc.version().startsWith(COMPILER)) {
  console.error(`solc is ${solc.version()}, expected ${COMPILER}; run npm ci`);
  process.exit(2);
}

// Keys are bare file names and the metadata hash is left out, so the bytes do not depend on where the tree lies.
const sources = {};
for (const name of readdirSync(here("src/")).filter((name) => name.endsWith(".sol")).sort()) {
  sources[name] = { content: readFileSync(here(`src/${name}`), "utf8") };
}
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources,
      settings: {
        evmVersion: "osaka",
        viaIR: true,
        optimizer: { enabled: true, runs: 200 },
        metadata: { bytecodeHash: "none", appendCBOR: false },
        outputSelection: { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"] } },
      },
    }),
  ),
);
// Warnings stop the build, except for unused parameters: functions that only revert keep their parameters' names for the ABI.
const UNUSED_PARAMETER = "5667";
const problems = (output.errors ?? []).filter((problem) => problem.errorCode !== UNUSED_PARAMETER);
for (const problem of problems) console.error(problem.formattedMessage);
if (problems.length > 0) process.exit(1);

const checking = process.argv.includes("--check");
let stale = 0;

function put(name, value) {
  const path = here(`artifacts/${name}.json`);
  const text = `${JSON.stringify(value, null, 1)}\n`;
  if (!checking) {
    writeFileSync(path, text);
    return;
  }
  let committed = "";
  try {
    committed = readFileSync(path, "utf8");
  } catch {
    // A missing artifact is a stale one.
  }
  if (committed !== text) {
    console.error(`artifacts/${name}.json is not what the sources give; run npm run build`);
    stale += 1;
  }
}

for (const name of CONTRACTS) {
  const { abi, evm } = output.contracts[`${name}.sol`][name];
  if (Object.keys(evm.deployedBytecode.immutableReferences ?? {}).length > 0) {
    console.error(`${name}: immutables make the deployed code differ from the artifact`);
    process.exit(1);
  }
  put(name, {
    contractName: name,
    abi,
    bytecode: { object: `0x${evm.bytecode.object}` },
    deployedBytecode: { object: `0x${evm.deployedBytecode.object}` },
  });
  if (!checking) console.log(`${name}: ${evm.deployedBytecode.object.length / 2} bytes`);
}
put(
  "Interfaces",
  Object.fromEntries(INTERFACES.map((name) => [name, output.contracts["Interfaces.sol"][name].evm.methodIdentifiers])),
);
process.exit(stale > 0 ? 1 : 0);
