// EIP-7951 for an execution client that ends at Prague: its EVM gets the one precompile that the vault's contracts call.
// Loaded before the client (`node --import`).
import { p256 } from "@noble/curves/p256";

import { precompileEntries } from "../node_modules/@ethereumjs/evm/dist/esm/precompiles/index.js";

const GAS = 6900n;

function verifies(input) {
  if (input.length !== 160) return false;
  try {
    const key = Uint8Array.from([4, ...input.subarray(96)]);
    return p256.verify(input.subarray(32, 96), input.subarray(0, 32), key, { prehash: false, lowS: false });
  } catch {
    // A scalar or a point out of range.
    return false;
  }
}

precompileEntries.push({
  address: "0100".padStart(40, "0"),
  check: { type: "hardfork", param: "prague" },
  name: "P256VERIFY (0x100)",
  precompile: ({ data, gasLimit }) => {
    // Too little gas consumes it all, as the EVM's own precompiles do.
    if (gasLimit < GAS) return { returnValue: new Uint8Array(), executionGasUsed: gasLimit, exceptionError: { error: "out of gas", errorType: "EVMError" } };
    const returnValue = verifies(data) ? Uint8Array.from([...new Uint8Array(31), 1]) : new Uint8Array();
    return { returnValue, executionGasUsed: GAS };
  },
});
