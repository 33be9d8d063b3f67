// JSON-RPC to an execution client, with the Engine API's bearer token where it is asked for.
import { createHmac } from "node:crypto";

const base64url = (text) => Buffer.from(text).toString("base64url");

// execution-apis, `src/engine/authentication.md`: HS256 over the time of issue.
function token(secret) {
  const claim = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify({ iat: Math.floor(Date.now() / 1000) }))}`;
  return `${claim}.${createHmac("sha256", secret).update(claim).digest("base64url")}`;
}

// A function that calls a method; `secret` is 32 bytes, or nothing where no token is needed.
export function jsonRpc(url, secret) {
  let id = 0;
  return async (method, ...params) => {
    const headers = { "content-type": "application/json", ...(secret && { authorization: `Bearer ${token(secret)}` }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    const answer = await (await send(url, { method: "POST", headers, body })).json();
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error).slice(0, 500)}`);
    return answer.result;
  };
}

// A connection that was kept open may be closed by the other side just when it is used: then once more.
async function send(url, request) {
  try {
    return await fetch(url, request);
  } catch {
    return fetch(url, request);
  }
}
