import { createPublicKey, verify } from "node:crypto";
import { decode, type Tag } from "cbor2";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equal, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { type CborValue, Tagged } from "../../src/cbor/cbor-value.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import type { VerificationKey } from "../../src/crypto/signature.ts";
import {
  assembleSign1,
  decodeSign1,
  EXTERNAL_AAD,
  kidOf,
  signSign1,
  sigStructure,
  toBeSigned,
  verifySign1,
} from "../../src/manifest/cose-sign1.ts";
import {
  ED25519_PAIR,
  ES256_PAIR,
  type KeyPair,
  OTHER_ED25519_PAIR,
  OTHER_ES256_PAIR,
} from "../support/signing-keys.ts";

const test = suite("cose-sign1");

const PAYLOAD = toUtf8("what is signed");
const { manifest, ticket } = EXTERNAL_AAD;

function registered(...pairs: readonly KeyPair[]): (kid: Uint8Array) => readonly VerificationKey[] {
  const keys = pairs.map((pair) => pair.verification);
  return (kid) => keys.filter((key) => equal(kidOf(key.keyId), kid));
}

/** "ok", or why not. */
function outcome(bytes: Uint8Array, externalAad: Uint8Array, ...pairs: readonly KeyPair[]): string {
  const verified = verifySign1(bytes, registered(...pairs), externalAad);
  return verified.ok ? "ok" : verified.error.reason;
}

/** A COSE_Sign1 as `pair` would sign it, but of these parts. */
function signedAs(pair: KeyPair, header: CborValue, kid: CborValue = kidOf(pair.signing.keyId)): Uint8Array {
  const protectedHeader = encodeCbor(header);
  const signature = pair.signing.sign(sigStructure(protectedHeader, PAYLOAD, manifest));
  return encodeCbor(new Tagged(18, [protectedHeader, new Map([[4, kid]]), PAYLOAD, signature]));
}

for (const [pair, other, number] of [
  [ED25519_PAIR, OTHER_ED25519_PAIR, -19],
  [ES256_PAIR, OTHER_ES256_PAIR, -9],
] as const) {
  const { algorithm } = pair.signing;

  test(`${algorithm}: what is signed verifies, and says by which key`, () => {
    const verified = verifySign1(signSign1(pair.signing, PAYLOAD, manifest), registered(other, pair), manifest);
    assert.ok(verified.ok);
    assert.equal(verified.value.payload, PAYLOAD);
    assert.is(verified.value.key, pair.verification);
  });

  test(`RFC 9052 4.4, ${algorithm}: another library decodes it, and Node's crypto verifies it`, () => {
    const { tag, contents } = decode(signSign1(pair.signing, PAYLOAD, manifest), { cde: true }) as Tag;
    const [header, unprotected, payload, signature] = contents as [
      Uint8Array,
      Map<number, unknown>,
      Uint8Array,
      Uint8Array,
    ];
    assert.is(tag, 18);
    assert.equal([...(decode(header, { cde: true }) as Map<number, number>)], [[1, number]]);
    assert.is(toHex(unprotected.get(4) as Uint8Array), toHex(pair.signing.keyId.subarray(0, 8)));
    // ["Signature1", protected, external_aad, payload], written by hand.
    const message = Buffer.concat([
      Buffer.from("846a5369676e617475726531", "hex"),
      Buffer.from([0x40 + header.length]),
      header,
      Buffer.from([0x40 + manifest.length]),
      manifest,
      Buffer.from([0x40 + payload.length]),
      payload,
    ]);
    const key = createPublicKey({ key: Buffer.from(pair.signing.spki), format: "der", type: "spki" });
    const hash = algorithm === "es256" ? "sha256" : null;
    assert.ok(verify(hash, message, { key, dsaEncoding: "ieee-p1363" }, signature));
  });

  test(`${algorithm}: signed elsewhere and put together here it is the same`, () => {
    const signature = pair.signing.sign(toBeSigned(algorithm, PAYLOAD, ticket));
    assert.is(outcome(assembleSign1(pair.verification, PAYLOAD, signature), ticket, pair), "ok");
  });

  test(`RFC 9053 2, ${algorithm}: the older number of the algorithm is read as well`, () => {
    const older = algorithm === "es256" ? -7 : -8;
    assert.is(outcome(signedAs(pair, new Map([[1, older]])), manifest, pair), "ok");
  });

  test(`${algorithm}: a ticket is no manifest`, () => {
    assert.is(outcome(signSign1(pair.signing, PAYLOAD, ticket), manifest, pair), "signatureWrong");
  });

  test(`${algorithm}: a key that is not registered is unknown, and one with the same id does not verify`, () => {
    const bytes = signSign1(other.signing, PAYLOAD, manifest);
    assert.is(outcome(bytes, manifest, pair), "keyUnknown");
    const named = signedAs(other, new Map([[1, number]]), kidOf(pair.signing.keyId));
    assert.is(outcome(named, manifest, pair), "signatureWrong");
  });

  test(`${algorithm}: with a bit of any byte flipped it is refused`, () => {
    const bytes = signSign1(pair.signing, PAYLOAD, manifest);
    // Another bit of each byte.
    for (let bit = 0; bit < 8 * bytes.length; bit += 9) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.is.not(outcome(flipped, manifest, pair), "ok", `bit ${bit}`);
    }
  });
}

test("RFC 9864: a key of one algorithm verifies nothing that names the other", () => {
  const named = signedAs(ED25519_PAIR, new Map([[1, -9]]));
  assert.is(outcome(named, manifest, ED25519_PAIR), "keyUnknown");
});

for (const [what, header] of [
  ["ES384", -35],
  ["HMAC", 5],
] as const) {
  test(`${what} is an unknown algorithm`, () => {
    assert.is(outcome(signedAs(ED25519_PAIR, new Map([[1, header]])), manifest, ED25519_PAIR), "algorithmUnknown");
  });
}

const [header, kid, signature] = [encodeCbor(new Map([[1, -19]])), new Uint8Array(8), new Uint8Array(64)];
const unprotected = new Map<CborValue, CborValue>([[4, kid]]);

for (const [what, value] of [
  ["without its tag", [header, unprotected, PAYLOAD, signature]],
  ["with the tag of a COSE_Mac0", new Tagged(17, [header, unprotected, PAYLOAD, signature])],
  ["of three elements", new Tagged(18, [header, unprotected, PAYLOAD])],
  ["of five elements", new Tagged(18, [header, unprotected, PAYLOAD, signature, 0])],
  ["without a payload", new Tagged(18, [header, unprotected, null, signature])],
  ["with a short signature", new Tagged(18, [header, unprotected, PAYLOAD, signature.subarray(1)])],
  ["with a short key id", new Tagged(18, [header, new Map([[4, kid.subarray(1)]]), PAYLOAD, signature])],
  ["with a label more", new Tagged(18, [header, new Map([...unprotected, [5, 0]]), PAYLOAD, signature])],
  ["with an empty protected header", new Tagged(18, [new Uint8Array(0), unprotected, PAYLOAD, signature])],
  ["with a protected header that is no map", new Tagged(18, [encodeCbor([1]), unprotected, PAYLOAD, signature])],
  [
    "with a critical header",
    new Tagged(18, [
      encodeCbor(
        new Map<CborValue, CborValue>([
          [1, -19],
          [2, [4]],
        ]),
      ),
      unprotected,
      PAYLOAD,
      signature,
    ]),
  ],
] as const) {
  test(`a COSE_Sign1 ${what} is malformed`, () => {
    const decoded = decodeSign1(encodeCbor(value));
    assert.is(decoded.ok ? "ok" : decoded.error.reason, "malformed");
  });
}

test("bytes that are no CBOR are malformed", () => {
  assert.is(outcome(Uint8Array.of(0xd2, 0x84), manifest), "malformed");
});

test.run();
