import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyOf, equal } from "../../src/base/bytes.ts";
import { assembleSign1, decodeSign1, kidOf } from "../../src/manifest/cose-sign1.ts";
import { REASONS, type Reason, updateResultFor } from "../../src/manifest/reason.ts";
import {
  bytesToSign,
  open,
  SIGNED_MANIFEST,
  SIGNED_TICKET,
  SIGNED_TRUST_ROOT,
  type SignedKind,
  sign,
} from "../../src/manifest/signed-object.ts";
import { manifests, tickets, trustRoots } from "../support/signed-values.ts";
import { ED25519_PAIR, ES256_PAIR, type KeyPair, OTHER_ED25519_PAIR } from "../support/signing-keys.ts";

const signed = suite("manifest/signed-object");

/** npm run test:bits; otherwise one bit of each byte, another one each time. */
const EVERY_BIT = process.env["NARROWBOAT_EVERY_BIT"] === "1";
const BITS = [0, 1, 2, 3, 4, 5, 6, 7];

function believed(...pairs: readonly KeyPair[]) {
  const keys = pairs.map(({ verification }) => verification);
  return (kid: Uint8Array) => keys.filter((key) => equal(kidOf(key.keyId), kid));
}

function outcome<Value>(kind: SignedKind<Value>, bytes: Uint8Array, ...pairs: readonly KeyPair[]): Reason | "ok" {
  const opened = open(kind, bytes, believed(...pairs));
  return opened.ok ? "ok" : opened.error.reason;
}

/** Where the parts that a flipped bit leaves well-formed lie in the bytes. */
function placeOf(bytes: Uint8Array, part: Uint8Array): { readonly from: number; readonly to: number } {
  const from = Buffer.from(bytes).indexOf(part);
  assert.ok(from >= 0);
  return { from, to: from + part.length };
}

function flips<Value>(kind: SignedKind<Value>, values: fc.Arbitrary<Value>, pair: KeyPair): void {
  const [value] = fc.sample(values, { numRuns: 1, seed: 3 });
  const bytes = sign(kind, pair.signing, value!);
  const parts = decodeSign1(bytes);
  assert.ok(parts.ok);
  const payload = placeOf(bytes, parts.value.payload);
  const signature = placeOf(bytes, parts.value.signature);
  const kid = placeOf(bytes, parts.value.kid);
  const inside = (at: number, { from, to }: { from: number; to: number }) => at >= from && at < to;
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of EVERY_BIT ? BITS : [at % 8]) {
      const wrong = copyOf(bytes);
      wrong[at]! ^= 1 << bit;
      const found = outcome(kind, wrong, pair, ED25519_PAIR, ES256_PAIR);
      const where = `byte ${at}, bit ${bit}: ${found}`;
      if (inside(at, payload) || inside(at, signature)) assert.is(found, "signatureWrong", where);
      else if (inside(at, kid)) assert.is(found, "keyUnknown", where);
      else assert.ok(found === "malformed" || found === "keyUnknown" || found === "signatureWrong", where);
    }
  }
}

for (const pair of [ED25519_PAIR, ES256_PAIR]) {
  const { algorithm } = pair.signing;

  signed(`${algorithm}: a bit of a signed manifest that is flipped, wherever it is, is met, with its reason`, () => {
    flips(SIGNED_MANIFEST, manifests, pair);
  });

  signed(`${algorithm}: a bit of a ticket that is flipped, wherever it is, is met, with its reason`, () => {
    flips(SIGNED_TICKET, tickets, pair);
  });
}

signed("a bit of a trust root that is flipped, wherever it is, is met, with its reason", () => {
  const few = trustRoots.filter(({ keys }) => keys.length <= 2);
  flips(SIGNED_TRUST_ROOT, few, ED25519_PAIR);
});

signed("a manifest, a ticket and a trust root open with the key that signed them, and with no other", () => {
  const [manifest] = fc.sample(manifests, { numRuns: 1, seed: 4 });
  const bytes = sign(SIGNED_MANIFEST, ED25519_PAIR.signing, manifest!);
  const opened = open(SIGNED_MANIFEST, bytes, believed(OTHER_ED25519_PAIR, ED25519_PAIR));
  assert.ok(opened.ok);
  assert.is(opened.value.key, ED25519_PAIR.verification);
  assert.is(opened.value.value.sequenceNumber, manifest!.sequenceNumber);
  assert.is(outcome(SIGNED_MANIFEST, bytes, OTHER_ED25519_PAIR), "keyUnknown");
});

signed("RFC 9052 4.4: what is signed as one kind is not taken as another, though the same key signed it", () => {
  const [ticket] = fc.sample(tickets, { numRuns: 1, seed: 4 });
  const bytes = sign(SIGNED_TICKET, ED25519_PAIR.signing, ticket!);
  assert.is(outcome(SIGNED_TICKET, bytes, ED25519_PAIR), "ok");
  assert.is(outcome(SIGNED_MANIFEST, bytes, ED25519_PAIR), "signatureWrong");
  assert.is(outcome(SIGNED_TRUST_ROOT, bytes, ED25519_PAIR), "signatureWrong");
});

signed("what is longer than its kind may be is refused before its signature costs anything", () => {
  const refused = open(SIGNED_MANIFEST, new Uint8Array(641), () => {
    throw new Error("a key was asked for");
  });
  assert.is(refused.ok ? "ok" : refused.error.reason, "malformed");
});

signed("a payload that its own key signed and that is none of the kind is malformed", () => {
  const payload = Uint8Array.of(0xa0);
  const { signing } = ED25519_PAIR;
  const kind = { ...SIGNED_MANIFEST, encode: () => payload };
  assert.is(outcome(SIGNED_MANIFEST, sign(kind, signing, undefined as never), ED25519_PAIR), "malformed");
});

signed("a signature that was made elsewhere, over what bytesToSign gives, makes the same object", () => {
  const [manifest] = fc.sample(manifests, { numRuns: 1, seed: 4 });
  const { signing } = ED25519_PAIR;
  const signature = signing.sign(bytesToSign(SIGNED_MANIFEST, signing.algorithm, manifest!));
  const assembled = assembleSign1(signing, SIGNED_MANIFEST.encode(manifest!), signature);
  assert.equal(assembled, sign(SIGNED_MANIFEST, signing, manifest!));
});

signed("LwM2M E.6: each reason has an Update Result, and none is success", () => {
  for (const reason of REASONS) assert.ok(updateResultFor(reason) >= 2 && updateResultFor(reason) <= 9, reason);
});

signed.run();
