// Compiles src/ and examples/ with the pinned compiler into what is committed beside them, so that building the Rust side needs no Node:
// artifacts/*.json (ABI and code) and storage/*.json (which variable lies in which slot).
//   node build.mjs           write
//   node build.mjs --check   fail if a committed file differs from what the sources give
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import solc from "solc";

const CONTRACTS = [
  ["src/StoreRegistry.sol", "StoreRegistry"],
  ["src/StoreAccessPolicy.sol", "StoreAccessPolicy"],
  ["src/VaultRegistry.sol", "VaultRegistry"],
];
// Their selectors are written down beside the artifacts, so that a test without a compiler can hold the contracts against them.
const INTERFACES = [
  ["src/Interfaces.sol", "IStoreRegistry"],
  ["src/Interfaces.sol", "IStoreAccessPolicy"],
  ["src/Interfaces.sol", "IStoreAccessPolicyAdmin"],
  ["src/Interfaces.sol", "IVaultRegistry"],
  ["src/IStoreRegistryView.sol", "IStoreRegistryView"],
  ["src/IStoreAccessPolicyView.sol", "IStoreAccessPolicyView"],
  ["src/IVaultRegistryView.sol", "IVaultRegistryView"],
];
const COMPILER = "0.8.37+";

const here = (path) => new URL(path, import.meta.url);

if (!solc.version().startsWith(COMPILER)) {
  console.error(`solc is ${solc.version()}, expected ${COMPILER}; run npm ci`);
  process.exit(2);
}

// Keys are paths from here and the metadata hash is left out, so the bytes do not depend on where the tree lies.
const sources = {};
for (const folder of ["src", "examples"]) {
  for (const name of readdirSync(here(`${folder}/`), { recursive: true }).filter((name) => name.endsWith(".sol")).sort()) {
    sources[`${folder}/${name}`] = { content: readFileSync(here(`${folder}/${name}`), "utf8") };
  }
}
const installed = (path) => {
  try {
    return { contents: readFileSync(here(`node_modules/${path}`), "utf8") };
  } catch (error) {
    return { error: String(error) };
  }
};
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
        outputSelection: { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers", "storageLayout"] } },
      },
    }),
    { import: installed },
  ),
);
const problems = output.errors ?? [];
for (const problem of problems) console.error(problem.formattedMessage);
if (problems.length > 0) process.exit(1);

const checking = process.argv.includes("--check");
let stale = 0;

function put(file, value) {
  const path = here(file);
  const text = `${JSON.stringify(value, null, 1)}\n`;
  if (!checking) {
    writeFileSync(path, text);
    return;
  }
  let committed = "";
  try {
    committed = readFileSync(path, "utf8");
  } catch {
    // A missing file is a stale one.
  }
  if (committed !== text) {
    console.error(`${file} is not what the sources give; run npm run build`);
    stale += 1;
  }
}

// A type's name ends in a number that depends on what else is compiled; without it the layout changes only when the layout changes.
const plain = (type) => type.replaceAll(/\)\d+/g, ")").replaceAll(/(_storage)\d*/g, "$1");
const variable = ({ label, slot, offset, type }) => ({ label, slot, offset, type: plain(type) });

for (const [file, name] of CONTRACTS) {
  const { abi, evm, storageLayout } = output.contracts[file][name];
  if (Object.keys(evm.deployedBytecode.immutableReferences ?? {}).length > 0) {
    console.error(`${name}: immutables make the deployed code differ from the artifact`);
    process.exit(1);
  }
  put(`artifacts/${name}.json`, {
    contractName: name,
    abi,
    bytecode: { object: `0x${evm.bytecode.object}` },
    deployedBytecode: { object: `0x${evm.deployedBytecode.object}` },
  });
  const structs = Object.entries(storageLayout.types ?? {}).filter(([, type]) => type.members);
  put(`storage/${name}.json`, {
    variables: storageLayout.storage.map(variable),
    structs: Object.fromEntries(structs.map(([type, { numberOfBytes, members }]) => [plain(type), { bytes: numberOfBytes, members: members.map(variable) }])),
  });
  if (!checking) console.log(`${name}: ${evm.deployedBytecode.object.length / 2} bytes`);
}
put(
  "artifacts/Interfaces.json",
  Object.fromEntries(INTERFACES.map(([file, name]) => [name, output.contracts[file][name].evm.methodIdentifiers])),
);
process.exit(stale > 0 ? 1 : 0);
