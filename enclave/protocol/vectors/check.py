#!/usr/bin/env python3
"""Makes every canonical form, digest and signature check of signing.json again, from the inputs alone.

Standard library only. It is the second implementation of src/canonical.rs, src/call.rs, src/anchor.rs and src/note.rs, and written to be read.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys


# --- keccak256: FIPS 202's permutation with the padding from before FIPS 202 ---
def keccak256(data):
    mask = (1 << 64) - 1

    def rotate(word, by):
        by %= 64
        return ((word << by) | (word >> (64 - by))) & mask if by else word

    def permute(a):
        lfsr = 1
        for _ in range(24):
            c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
            d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
            a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, a[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, a[x][y] = a[x][y], rotate(current, (t + 1) * (t + 2) // 2)
            for y in range(5):
                row = [a[x][y] for x in range(5)]
                for x in range(5):
                    a[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & mask)
            for j in range(7):
                lfsr = ((lfsr << 1) ^ ((lfsr >> 7) * 0x71)) % 256
                if lfsr & 2:
                    a[0][0] ^= 1 << ((1 << j) - 1)
        return a

    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), 136):
        for i in range(17):
            state[i % 5][i // 5] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        state = permute(state)
    return b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


# --- EIP-712 ---
DOMAIN_TYPES = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address", "salt": "bytes32"}


def encode_value(kind, value):
    if kind == "string":
        return keccak256(value.encode())
    if kind.startswith("uint"):
        assert 0 <= value < 1 << int(kind[4:])
        return value.to_bytes(32, "big")
    raw = unhex(value)
    assert len(raw) == {"address": 20, "bytes32": 32}[kind]
    return raw.rjust(32, b"\0")


def struct_hash(kind, value):
    name, members = re.fullmatch(r"(\w+)\((.*)\)", kind).groups()
    members = [member.split(" ") for member in members.split(",")]
    assert {name for _, name in members} == set(value)
    return keccak256(keccak256(kind.encode()) + b"".join(encode_value(kind, value[name]) for kind, name in members))


def domain_separator(domain):
    kind = "EIP712Domain(" + ",".join(f"{DOMAIN_TYPES[name]} {name}" for name in DOMAIN_TYPES if name in domain) + ")"
    return struct_hash(kind, domain)


def check_hashes(case, kind, value, domain):
    assert case["type"] == kind, case["type"]
    separator, struct = domain_separator(domain), struct_hash(kind, value)
    assert case["domainSeparator"] == tohex(separator)
    assert case["structHash"] == tohex(struct)
    digest = keccak256(b"\x19\x01" + separator + struct)
    assert case["digest"] == tohex(digest)
    return digest


def caller_domain(place):
    return {"name": "PST Vault", "version": "1", "chainId": place["chainId"], "verifyingContract": place["registry"], "salt": place["vaultId"]}


# --- curves, slow and in the open: these keys are no secrets ---
class Curve:
    def __init__(self, p, a, n, gx, gy):
        self.p, self.a, self.n, self.g = p, a, n, (gx, gy)

    def add(self, one, two):
        if one is None or two is None:
            return one or two
        (x1, y1), (x2, y2) = one, two
        if x1 == x2 and (y1 + y2) % self.p == 0:
            return None
        slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.p) if one == two else (y2 - y1) * pow(x2 - x1, -1, self.p)
        x = (slope * slope - x1 - x2) % self.p
        return x, (slope * (x1 - x) - y1) % self.p

    def times(self, scalar, point):
        total = None
        while scalar:
            if scalar & 1:
                total = self.add(total, point)
            point, scalar = self.add(point, point), scalar >> 1
        return total

    def verify(self, point, digest, r, s):
        assert 0 < r < self.n and 0 < s <= self.n // 2, "out of range or high s"
        inverse = pow(s, -1, self.n)
        u, v = int.from_bytes(digest, "big") * inverse % self.n, r * inverse % self.n
        x, _ = self.add(self.times(u, self.g), self.times(v, point))
        assert x % self.n == r, "signature"
        return self.add(self.times(u, self.g), self.times(v, point))


SECP256K1 = Curve(
    2**256 - 2**32 - 977, 0, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798, 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1, -3, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def check_secp256k1(case, address, digest):
    point = SECP256K1.times(int(case["privateKey"], 16), SECP256K1.g)
    assert tohex(keccak256(coordinates(point))[12:]) == address, "address"
    raw = unhex(case["signature"])
    assert len(raw) == 65 and raw[64] in (27, 28)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
    _, y = SECP256K1.verify(point, digest, r, s)
    assert y & 1 == raw[64] - 27, "recovery id"


# --- the one form of a URL ---
UNRESERVED = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Refused(Exception):
    pass


def decode(text, raw, never):
    data, out, i = text.encode(), bytearray(), 0
    while i < len(data):
        byte = data[i]
        if byte != 0x25:
            if byte not in UNRESERVED and byte not in raw:
                raise Refused("Character")
            out.append(byte)
            i += 1
            continue
        if not re.fullmatch(rb"[0-9A-F]{2}", data[i + 1 : i + 3]):
            raise Refused("Encoding")
        byte = int(data[i + 1 : i + 3], 16)
        if byte in UNRESERVED:
            raise Refused("NeedlessEncoding")
        if byte in never or byte < 0x20 or byte == 0x7F:
            raise Refused("ForbiddenEncoding")
        out.append(byte)
        i += 3
    try:
        out.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("Encoding") from None
    return bytes(out)


def check_host(host):
    if "@" in host:
        raise Refused("UserInfo")
    if "[" in host:
        raise Refused("Host")
    if ":" in host:
        raise Refused("Port")
    if re.search("[A-Z]", host):
        raise Refused("HostCase")
    if host.endswith("."):
        raise Refused("TrailingDot")
    label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(host) > 253 or not re.fullmatch(rf"({label}\.)+(?=[a-z]){label}", host, re.ASCII):
        raise Refused("Host")


def url(scheme, authority, path):
    text = f"{scheme}://{authority}{path}"
    if len(text.encode()) > 4096:
        raise Refused("TooLong")
    if scheme != "https":
        raise Refused("Scheme")
    check_host(authority)
    if "#" in path:
        raise Refused("Fragment")
    path, question, query = path.partition("?")
    if not path.startswith("/"):
        raise Refused("NotAPath")
    if path != "/":
        for segment in path[1:].split("/"):
            if segment == "":
                raise Refused("EmptySegment")
            if segment in (".", ".."):
                raise Refused("DotSegment")
            decode(segment, b"!$&'()*+,=:@", b"%/\\")
    if question:
        keys = []
        for pair in query.split("&"):
            key, _, value = pair.partition("=")
            key = decode(key.replace("+", "%20"), b"!$'()*,:@/?", b"/\\")
            decode(value, b"!$'()*,:@/?+=", b"/\\")
            if not key:
                raise Refused("EmptyQuery")
            keys.append(key)
        if len(set(keys)) != len(keys):
            raise Refused("DuplicateKey")
    return text


# --- the one form of headers ---
UPSTREAM = ["accept", "content-type", "idempotency-key", "if-none-match", "prefer", "user-agent", "x-request-id"]


def headers_hash(headers):
    if len(headers) > 64:
        raise Refused("TooMany")
    before, lines = None, b""
    for name, value in headers:
        if not re.fullmatch(r"[a-z0-9!#$%&'*+\-.^_`|~]{1,128}", name):
            raise Refused("Name")
        if before is not None and name <= before:
            raise Refused("Duplicate" if name == before else "Order")
        before = name
        ours = name.startswith("pst-vault-")
        if not ours and name not in UPSTREAM:
            raise Refused("NotAllowed")
        raw = value.encode()
        if not re.fullmatch(rb"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", raw) or len(raw) > ((256 if ours else 8) << 10):
            raise Refused("Value")
        if not ours:
            lines += name.encode() + b":" + raw + b"\n"
    return keccak256(lines)


# --- a call ---
CALL = (
    "Call(address caller,uint64 origin,bytes32 salt,bytes32 role,string method,string url,bytes32 headersHash,bytes32 bodyHash,"
    "bytes32 recipient,bytes32 evidenceHash,uint64 issuedAt,uint64 expiresAt,bytes32 nonce,uint64 minFinalizedSlot,bytes32 enclave,bytes32 enc)"
)
FIELDS = {
    "caller": "Caller", "store": "Store", "role": "Role", "recipient": "Recipient", "evidence": "Evidence", "issued-at": "IssuedAt",
    "expires-at": "ExpiresAt", "nonce": "Nonce", "min-finalized-slot": "MinFinalizedSlot", "signature": "Signature",
}


def fixed(text, length):
    return unhex(text) if re.fullmatch(rf"0x[0-9a-f]{{{2 * length}}}", text) else None


def decimal(text):
    return int(text) if re.fullmatch(r"0|[1-9][0-9]*", text) and int(text) < 1 << 64 else None


def read_call(request, enc, enclave):
    if request["method"] not in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        raise Refused("Method")
    target = url(request["scheme"], request["authority"], request["path"])
    hashed = headers_hash(request["headers"])
    ours = {name[10:]: value for name, value in request["headers"] if name.startswith("pst-vault-")}
    if not set(ours) <= set(FIELDS):
        raise Refused("UnknownField")

    def field(name, read, default=None):
        if name not in ours:
            if default is None:
                raise Refused(f"Missing({FIELDS[name]})")
            return default
        value = read(ours[name])
        if value is None or (default is not None and value == default):
            raise Refused(f"Malformed({FIELDS[name]})")
        return value

    def store(text):
        origin, _, salt = text.partition(":")
        pair = decimal(origin), fixed(salt, 32)
        return None if None in pair else pair

    def evidence(text):
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError:
            return None
        return raw if base64.b64encode(raw).decode() == text and len(raw) <= 8 << 10 else None

    zero = bytes(32)
    origin, salt = field("store", store)
    call = {
        "caller": tohex(field("caller", lambda text: fixed(text, 20))),
        "origin": origin,
        "salt": tohex(salt),
        "role": tohex(field("role", lambda text: fixed(text, 32), zero)),
        "method": request["method"],
        "url": target,
        "headersHash": tohex(hashed),
        "bodyHash": tohex(keccak256(unhex(request["body"]))),
        "recipient": tohex(field("recipient", lambda text: fixed(text, 32), zero)),
        "evidenceHash": tohex(keccak256(field("evidence", evidence, b""))),
        "issuedAt": field("issued-at", decimal),
        "expiresAt": field("expires-at", decimal),
        "nonce": tohex(field("nonce", lambda text: fixed(text, 32))),
        "minFinalizedSlot": field("min-finalized-slot", decimal, 0),
        "enclave": tohex(enclave),
        "enc": tohex(keccak256(enc)),
    }
    return call, tohex(field("signature", lambda text: fixed(text, 65)))


# --- the rest ---
PROVISION = (
    "Provision(address owner,uint64 portfolio,bytes32 store,address policy,bytes32 policyCodeHash,string kind,string preset,string host,string account,"
    "string app,bytes32 connection,string selector,uint64 generation,bytes32 secretHash,uint64 expiresAt,bytes32 enclave)"
)
ANCHORS = [
    "CreateVault(bytes32 vault,bytes32 constitution,bytes32 rootCommitment)",
    "ClaimWriter(bytes32 vault,uint64 epoch,bytes32 x,bytes32 y,uint64 size,bytes32 root)",
    "Anchor(bytes32 vault,uint64 epoch,uint64 size,bytes32 root)",
]


def provision_body(case):
    """Canonical CBOR of [2, ABI, signature, salt, secret]."""
    value = case["provision"]
    words, tail = [], b""
    for member in re.fullmatch(r"Provision\((.*)\)", PROVISION).group(1).split(","):
        kind, name = member.split(" ")
        if kind != "string":
            words.append(encode_value(kind, value[name]))
            continue
        raw = value[name].encode()
        words.append((16 * 32 + len(tail)).to_bytes(32, "big"))
        tail += len(raw).to_bytes(32, "big") + raw + bytes(-len(raw) % 32)
    abi = (32).to_bytes(32, "big") + b"".join(words) + tail

    def string(raw):
        n = len(raw)
        return (bytes([0x40 + n]) if n < 24 else bytes([0x58, n]) if n < 256 else b"\x59" + n.to_bytes(2, "big")) + raw

    parts = [abi, unhex(case["signature"]), unhex(case["secretSalt"]), unhex(case["secret"])]
    return b"\x85\x02" + b"".join(map(string, parts))


def check_note(case):
    vault, writer = case["vaultId"][2:], unhex(case["writer"])
    text, _, line = case["note"].partition("\n\n")
    text += "\n"
    assert text == f"pst-vault/{vault}\n{case['size']}\n{base64.b64encode(unhex(case['root'])).decode()}\n"
    start = f"\u2014 pst-vault/{vault} "
    assert line.startswith(start) and line.endswith("\n")
    raw = base64.b64decode(line[len(start) : -1], validate=True)
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\x04" + writer
    assert raw[:4] == hashlib.sha256(spki).digest()[:4], "key id"
    der, at, numbers = raw[4:], 2, []
    assert der[0] == 0x30 and der[1] == len(der) - 2
    for _ in range(2):
        assert der[at] == 2
        numbers.append(int.from_bytes(der[at + 2 : at + 2 + der[at + 1]], "big"))
        at += 2 + der[at + 1]
    assert at == len(der)
    P256.verify(point(writer), hashlib.sha256(text.encode()).digest(), *numbers)


def unhex(text):
    assert text.startswith("0x")
    return bytes.fromhex(text[2:])


def tohex(raw):
    return "0x" + raw.hex()


def coordinates(pair):
    return b"".join(part.to_bytes(32, "big") for part in pair)


def point(raw):
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def outcome(make, key):
    try:
        return {key: make()}
    except Refused as refused:
        return {"refused": str(refused)}


def main():
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    vectors = json.loads((pathlib.Path(__file__).parent / "signing.json").read_text(encoding="utf-8"))
    for case in vectors["urls"]:
        made = outcome(lambda: url(case["scheme"], case["authority"], case["path"]), "url")
        assert made.items() <= case.items(), (case, made)
    for case in vectors["headers"]:
        made = outcome(lambda: tohex(headers_hash(case["headers"])), "headersHash")
        assert made.items() <= case.items(), (case, made)
    for case in vectors["calls"]:
        if "refused" in case:
            made = outcome(lambda: read_call(case["request"], bytes(65), bytes(32)), "call")
            assert made == {"refused": case["refused"]}, (case, made)
            continue
        call, signature = read_call(case["request"], unhex(case["enc"]), hashlib.sha256(unhex(case["keyConfig"])).digest())
        assert call == case["call"] and signature == case["signature"], case["name"]
        check_secp256k1(case, call["caller"], check_hashes(case, CALL, call, caller_domain(case["domain"])))
    for case in vectors["provisions"]:
        value = case["provision"]
        preimage = b"pst-vault/secret/v1" + unhex(case["secretSalt"]) + unhex(case["secret"])
        assert value["secretHash"] == tohex(hashlib.sha256(preimage).digest())
        check_secp256k1(case, value["owner"], check_hashes(case, PROVISION, value, caller_domain(case["domain"])))
        assert case["body"] == tohex(provision_body(case))
    for case in vectors["checkpoints"]:
        digest = check_hashes(case, "VaultCheckpoint(uint64 slot,bytes32 root)", case["checkpoint"], caller_domain(case["domain"]))
        check_secp256k1(case, case["signer"], digest)
    for case, kind in zip(vectors["anchors"], ANCHORS, strict=True):
        place = case["domain"]
        domain = {"name": "PST Vault Registry", "version": "1", "chainId": place["chainId"], "verifyingContract": place["registry"]}
        digest = check_hashes(case, kind, case["message"], domain)
        key = P256.times(int(case["privateKey"], 16), P256.g)
        assert tohex(coordinates(key)) == case["publicKey"]
        P256.verify(key, digest, *point(unhex(case["signature"])))
    # HKDF-SHA256 with one block of output.
    case = vectors["rootCommitment"]
    extracted = hmac.digest(unhex(case["vaultId"]), unhex(case["root"]), "sha256")
    assert tohex(hmac.digest(extracted, b"pst-vault/root-commitment/v1\x01", "sha256")) == case["commitment"]
    check_note(vectors["note"])
    counted = ", ".join(f"{len(cases)} {kind}" for kind, cases in vectors.items() if isinstance(cases, list))
    print(f"ok: {counted}, a root commitment and a note")


if __name__ == "__main__":
    sys.exit(main())
