// Another implementation of what src/ohttp.rs, src/http.rs and src/custody.rs write: @hpke/core and bhttp-js.
// Reads one JSON command a line from stdin, writes one JSON answer a line to stdout. Bytes are hex.
import { createInterface } from "node:readline";
import { webcrypto as crypto } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { BHttpDecoder, BHttpEncoder } from "bhttp-js";

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));
const utf8 = (text) => new TextEncoder().encode(text);
const concat = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const SUITE = [0x00, 0x10, 0x00, 0x01, 0x00, 0x02];

// RFC 9458 section 4.4
async function responseCipher(exchange, nonce) {
  const salt = concat(exchange.enc, nonce);
  const ikm = await crypto.subtle.importKey("raw", exchange.secret, "HKDF", false, ["deriveBits"]);
  const expand = (info, bits) =>
    crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: utf8(info) }, ikm, bits);
  const raw = await expand("key", 256);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return [key, { name: "AES-GCM", iv: await expand("nonce", 96) }];
}

const exported = (context) => context.export(utf8("message/bhttp response"), 32);

let server;
let client;
let open;

const commands = {
  // A client here, a server there.
  async seal({ config, request: { method, url, headers, body } }) {
    const raw = bytes(config);
    const header = concat(raw.slice(0, 1), SUITE);
    const recipientPublicKey = await suite.kem.deserializePublicKey(raw.slice(3, 68));
    const info = concat(utf8("message/bhttp request"), [0], header);
    const sender = await suite.createSenderContext({ recipientPublicKey, info });
    const request = new Request(url, { method, headers, body: body ? bytes(body) : undefined });
    const sealed = await sender.seal(await new BHttpEncoder().encodeRequest(request));
    const enc = new Uint8Array(sender.enc);
    client = { enc, secret: await exported(sender) };
    return { enc: hex(enc), message: hex(concat(header, enc, sealed)) };
  },
  async open_response({ message }) {
    const raw = bytes(message);
    const [key, algorithm] = await responseCipher(client, raw.slice(0, 32));
    const plain = await crypto.subtle.decrypt(algorithm, key, raw.slice(32));
    const response = new BHttpDecoder().decodeResponse(plain);
    const body = hex(await response.arrayBuffer());
    return { status: response.status, headers: [...response.headers], body };
  },
  // A server here, a client there.
  async key() {
    server = await suite.kem.generateKeyPair();
    const point = new Uint8Array(await suite.kem.serializePublicKey(server.publicKey));
    return { config: hex(concat([7, 0x00, 0x10], point, [0, 4, 0, 1, 0, 2])) };
  },
  async open({ message }) {
    const raw = bytes(message);
    const enc = raw.slice(7, 72);
    const info = concat(utf8("message/bhttp request"), [0], raw.slice(0, 7));
    const recipient = await suite.createRecipientContext({ recipientKey: server, enc, info });
    const request = new BHttpDecoder().decodeRequest(await recipient.open(raw.slice(72)));
    open = { enc, secret: await exported(recipient) };
    const body = hex(await request.arrayBuffer());
    return { method: request.method, url: request.url, headers: [...request.headers], body };
  },
  async seal_response({ status, headers, body }) {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const [key, algorithm] = await responseCipher(open, nonce);
    const plain = await new BHttpEncoder().encodeResponse(new Response(bytes(body), { status, headers }));
    return { message: hex(concat(nonce, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain)))) };
  },
  // A custody member here: takes its share from genesis and seals it to a boot's setup key.
  async reseal({ member, genesis, share }) {
    const privateKey = await suite.kem.importKey("raw", bytes(member.secret), false);
    const publicKey = await suite.kem.deserializePublicKey(bytes(member.public));
    const senderKey = { privateKey, publicKey };
    const sealed = { recipientKey: senderKey, enc: bytes(genesis.enc), info: bytes(genesis.info) };
    const recipient = await suite.createRecipientContext(sealed);
    const plain = await recipient.open(bytes(genesis.ciphertext), bytes(genesis.aad));
    const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(share.setup_key));
    const sender = await suite.createSenderContext({ recipientPublicKey, info: bytes(share.info), senderKey });
    return { enc: hex(sender.enc), ciphertext: hex(await sender.seal(plain)) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  let answer;
  try {
    answer = await commands[command](rest);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
