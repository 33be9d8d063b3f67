// The Beacon API of the chain, as far as light clients and checkpoint signers ask, and what is no beacon node's: `/interop`.
import { chainConfigToJson } from "@lodestar/config";
import { registerRoutes } from "@lodestar/api/beacon/server";
import { blockToHeader } from "@lodestar/state-transition";
import { ssz, sszTypesFor } from "@lodestar/types";
import fastify from "fastify";
import qs from "qs";

import { hex } from "./beacon/bytes.mjs";

const absent = () => Object.assign(new Error("not found"), { statusCode: 404 });

// One object with its fork, as Lodestar's server takes it.
function answer(object) {
  if (!object) throw absent();
  return { data: object.value, meta: { version: object.fork } };
}

function lightClient(light) {
  return {
    getLightClientBootstrap: async ({ blockRoot }) => answer(light.bootstrap(blockRoot)),
    getLightClientFinalityUpdate: async () => answer(light.finality),
    getLightClientOptimisticUpdate: async () => answer(light.optimistic),
    getLightClientUpdatesByRange: async ({ startPeriod, count }) => {
      const updates = light.updates(startPeriod, count);
      return { data: updates.map(({ value }) => value), meta: { versions: updates.map(({ fork }) => fork) } };
    },
    getLightClientCommitteeRoot: async () => ({ data: [] }),
  };
}

// Serves at `port` of this machine (0: any) and returns the base URL.
export async function serve(chain, port) {
  const server = fastify({ routerOptions: { querystringParser: (text) => qs.parse(text, { comma: true, parseArrays: false }) } });
  server.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, async (_request, body) => body);
  registerRoutes(server, chain.config, { lightclient: lightClient(chain.light) }, ["lightclient"]);

  const block = (id) => {
    const found = chain.block(id);
    if (!found) throw absent();
    return found;
  };
  const genesis = {
    genesis_time: String(chain.genesisTime),
    genesis_validators_root: hex(chain.config.genesisValidatorsRoot),
    genesis_fork_version: hex(chain.config.GENESIS_FORK_VERSION),
  };
  server.get("/eth/v1/beacon/genesis", async () => ({ data: genesis }));
  server.get("/eth/v1/config/spec", async () => ({ data: chainConfigToJson(chain.config) }));
  server.get("/eth/v1/beacon/headers/:id", async ({ params }) => {
    const { root, signed } = block(params.id);
    const message = ssz.phase0.BeaconBlockHeader.toJson(blockToHeader(chain.config, signed.message));
    return { data: { root: hex(root), canonical: true, header: { message, signature: hex(signed.signature) } } };
  });
  server.get("/eth/v2/beacon/blocks/:id", async ({ params }, reply) => {
    const { signed, fork } = block(params.id);
    reply.header("Eth-Consensus-Version", fork);
    return { version: fork, execution_optimistic: false, finalized: false, data: sszTypesFor(fork).SignedBeaconBlock.toJson(signed) };
  });
  // So many slots at once, but none of the future; and from here on a block in each slot.
  const place = () => ({ slot: chain.slot, present: chain.present() });
  server.post("/interop/advance/:count", ({ params }) => chain.advance(Number(params.count)).then(place));
  server.post("/interop/live", () => chain.live().then(place));
  await server.listen({ host: "127.0.0.1", port });
  return `http://127.0.0.1:${server.server.address().port}`;
}
