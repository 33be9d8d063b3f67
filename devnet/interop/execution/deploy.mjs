// The project's contracts, as transactions of one account: VaultRegistry, StoreRegistry, StoreAccessPolicy.
import { readFileSync } from "node:fs";

import { Hardfork, Mainnet, createCustomCommon } from "@ethereumjs/common";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import { Address, bytesToHex, createContractAddress, hexToBytes, privateToAddress } from "@ethereumjs/util";

const artifact = (name) => {
  const file = new URL(`../../../contracts-bindings/contracts/artifacts/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).bytecode.object;
};
const word = (address) => address.slice(2).padStart(64, "0");
const GAS = { gasLimit: 6_000_000n, maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };

// Puts the three creations in the pool; the next block holds them. `secret` is the deployer's key.
export async function deploy({ eth, chainId, secret }) {
  const common = createCustomCommon({ chainId }, Mainnet, { hardfork: Hardfork.Prague });
  const key = hexToBytes(secret);
  const deployer = new Address(privateToAddress(key));
  const first = BigInt(await eth("eth_getTransactionCount", deployer.toString(), "latest"));
  const address = (nth) => createContractAddress(deployer, first + BigInt(nth)).toString();
  const [vaultRegistry, storeRegistry, policy] = [address(0), address(1), address(2)];
  const creations = [
    artifact("VaultRegistry"),
    artifact("StoreRegistry") + word(vaultRegistry),
    artifact("StoreAccessPolicy") + word(storeRegistry),
  ];
  for (const [nth, data] of creations.entries()) {
    const transaction = createFeeMarket1559Tx({ ...GAS, chainId: BigInt(chainId), nonce: first + BigInt(nth), data }, { common });
    await eth("eth_sendRawTransaction", bytesToHex(transaction.sign(key).serialize()));
  }
  return { vaultRegistry, storeRegistry, policy };
}

// Fails unless there is code at each address.
export async function deployed({ eth, contracts }) {
  for (const [name, address] of Object.entries(contracts)) {
    if ((await eth("eth_getCode", address, "latest")) === "0x") throw new Error(`${name} could not be deployed`);
  }
}
