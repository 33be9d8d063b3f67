// Verifies a document with the WebAssembly build, under node, with nothing but node:
//   node verify.mjs <verifier.wasm> <document>
// at the document's own time, against the image that it names itself, as a test of the build. Prints the payload's SHA-384, and then that
// the same document is refused for another image, another nonce, another time and with one bit of it changed.

import { readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';

const [wasm, path] = argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {});
const { memory, input, verdict, verdict_without_nonce, output, output_length } = instance.exports;

// A `nonce` of null says that none was asked for; one of no bytes is refused.
function verify(document, image, nonce, time, maxAge) {
  const bytes = Buffer.concat([...image, nonce ?? Buffer.alloc(0), document]);
  const at = input(bytes.length);
  if (at === 0) throw new Error('too long');
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  const window = [BigInt(time), BigInt(maxAge)];
  const verified = (nonce === null ? verdict_without_nonce(...window) : verdict(nonce.length, ...window)) === 0;
  const told = Buffer.from(new Uint8Array(memory.buffer, output(), output_length()));
  return verified ? { verified, digest: told.toString('hex') } : { verified, why: told.toString() };
}

// Just enough CBOR to find what the document says of itself: nothing here is trusted.
function find(document, key, length) {
  const at = document.indexOf(Buffer.from(key));
  if (at < 0) throw new Error(`no ${key}`);
  return document.subarray(at + key.length, at + key.length + length);
}

const document = readFileSync(path);
const milliseconds = find(document, '\x69timestamp', 9).readBigUInt64BE(1);
const time = Number(milliseconds / 1000n);
const registers = find(document, '\x64pcrs', 4 + 3 * 51);
const first = registers.indexOf(Buffer.from([0x00, 0x58, 0x30]));
const image = [0, 1, 2].map((index) => registers.subarray(first + 3 + index * 51, first + 51 + index * 51));
const changed = (bytes, at) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));

const right = verify(document, image, null, time, 60);
if (!right.verified) throw new Error(`refused: ${right.why}`);
console.log(`verified ${right.digest}`);

const year = 365 * 86_400;
const wrong = [
  ['A2', verify(document, [changed(image[0], 0), image[1], image[2]], null, time, 60)],
  ['A3', verify(document, image, Buffer.from('asked'), time, 60)],
  ['C8', verify(document, image, null, time + year, 60)],
  ['C7', verify(document, image, null, time - year, 60)],
  ['S1', verify(changed(document, document.length - 1), image, null, time, 60)],
  ['F2', verify(document.subarray(0, -1), image, null, time, 60)],
  ['a nonce of no bytes', verify(document, image, Buffer.alloc(0), time, 60)],
];
for (const [rule, { verified, why }] of wrong) {
  if (verified || !why.startsWith(`${rule}:`)) {
    console.error(`not refused by ${rule}: ${why}`);
    exit(1);
  }
  console.log(`refused  ${why}`);
}
