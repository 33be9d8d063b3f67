// What published SDKs of platforms sign. Reads one JSON object from stdin, {sdk, cases}, and writes the list of signatures to stdout.
import { createHmac, createPrivateKey } from "node:crypto";
import { createRequire } from "node:module";
import { createServer } from "node:http";

const require = createRequire(import.meta.url);
// Where an SDK takes the time itself, it is the case's.
const at = (ms) => (Date.now = () => ms);

const sdks = {
  async shopee(cases) {
    const { ShopeeFetch } = await import("./node_modules/@congminh1254/shopee-sdk/lib/fetch.js");
    const asked = [];
    const server = createServer((request, response) => {
      asked.push(new URL(request.url, "http://localhost").searchParams.get("sign"));
      response.setHeader("content-type", "application/json").end('{"error":""}');
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base_url = `http://127.0.0.1:${server.address().port}`;
    for (const { partner_id, partner_key, access_token, shop_id, path, params, now_ms } of cases) {
      at(now_ms);
      const sdk = { getAuthToken: async () => ({ access_token, shop_id: Number(shop_id) }) };
      await ShopeeFetch.fetch({ partner_id: Number(partner_id), partner_key, base_url, sdk }, path, { params, auth: true });
    }
    server.closeAllConnections();
    server.close();
    return asked;
  },
  lazada(cases) {
    const { signRequest } = require("lazada-open-platform-sdk/lib/LazadaRequest/signature");
    return cases.map(({ app_secret, api_path, params }) => signRequest(app_secret, api_path, params));
  },
  aliexpress(cases) {
    const { AESystemClient, AffiliateClient } = require("ae_sdk");
    const Client = AffiliateClient ?? AESystemClient;
    return cases.map(({ app_key, app_secret, params }) => new Client({ app_key, app_secret, session: "unused" }).sign(params));
  },
  ebay(cases) {
    const { generateSignature } = require("digital-signature-nodejs-sdk/lib/cjs/helpers/signature-helper.js");
    return cases.map(({ key, headers, components, signatureComponents, now_ms }) => {
      at(now_ms);
      const privateKey = createPrivateKey({ key: Buffer.from(key, "base64"), format: "der", type: "pkcs8" });
      const pem = privateKey.export({ format: "pem", type: "pkcs8" });
      return generateSignature(headers, { privateKey: pem, signatureParams: components, signatureComponents });
    });
  },
  oauth1(cases) {
    const OAuth = require("oauth-1.0a");
    return cases.map(({ consumer, url, method, nonce, timestamp, token }) => {
      const hash_function = (base, key) => createHmac("sha256", key).update(base).digest("base64");
      const oauth = new OAuth({ consumer, signature_method: "HMAC-SHA256", hash_function });
      oauth.getNonce = () => nonce;
      oauth.getTimeStamp = () => timestamp;
      return oauth.authorize({ url, method }, token).oauth_signature;
    });
  },
  totp(cases) {
    const { Secret, TOTP } = require("otpauth");
    return cases.map(({ secret, algorithm, digits, period, now_ms }) =>
      new TOTP({ secret: Secret.fromBase32(secret), algorithm, digits, period }).generate({ timestamp: now_ms }),
    );
  },
};

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { sdk, cases } = JSON.parse(input);
process.stdout.write(JSON.stringify(await sdks[sdk](cases)));
