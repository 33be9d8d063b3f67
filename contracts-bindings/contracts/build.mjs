// Compiles src/*.sol with the pinned compiler into artifacts/*.json, which are committed: building the Rust side needs no Node.
//   node build.mjs           write the artifacts
//   node build.mjs --check   fail if a committed artifact differs from what the sources give
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import solc from "solc";

const CONTRACTS = ["StoreRegistry", "StoreAccessPolicy", "VaultRegistry"];
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
        outputSelection: { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode"] } },
      },
    }),
  ),
);
const problems = output.errors ?? [];
for (const problem of problems) console.error(problem.formattedMessage);
if (problems.length > 0) process.exit(1);

let stale = 0;
for (const name of CONTRACTS) {
  const { abi, evm } = output.contracts[`${name}.sol`][name];
  if (Object.keys(evm.deployedBytecode.immutableReferences ?? {}).length > 0) {
    console.error(`${name}: immutables make the deployed code differ from the artifact`);
    process.exit(1);
  }
  const artifact = {
    contractName: name,
    abi,
    bytecode: { object: `0x${evm.bytecode.object}` },
    deployedBytecode: { object: `0x${evm.deployedBytecode.object}` },
  };
  const text = `${JSON.stringify(artifact, null, 1)}\n`;
  const path = here(`artifacts/${name}.json`);
  const size = evm.deployedBytecode.object.length / 2;
  if (process.argv.includes("--check")) {
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
  } else {
    writeFileSync(path, text);
    console.log(`${name}: ${size} bytes`);
  }
}
process.exit(stale > 0 ? 1 : 0);
