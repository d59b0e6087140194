import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../../src/base/bytes.ts";
import type { RandomSource } from "../../../src/base/random-source.ts";
import { keyShare, NAMED_GROUPS, NamedGroup } from "../../../src/dtls/handshake/key-share.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { hex, SECP256R1_VECTOR, X25519_VECTOR } from "../../vectors/dtls.ts";

const share = suite("key-share");

function always(...answers: readonly Uint8Array[]): RandomSource {
  let calls = 0;
  return { fill: (target) => target.set(answers[Math.min(calls++, answers.length - 1)]!) };
}

for (const [source, group, vector] of [
  ["RFC 7748 6.1: x25519", NamedGroup.x25519, X25519_VECTOR],
  ["RFC 5903 8.1: secp256r1", NamedGroup.secp256r1, SECP256R1_VECTOR],
] as const) {
  share(`${source}, the published vector`, () => {
    const ours = keyShare(CRYPTO, group, always(vector.privateKey));
    assert.equal(ours.publicKey, vector.publicKey);
    assert.equal(Uint8Array.from(ours.agree(vector.peerPublicKey)!), vector.sharedSecret);
  });
}

for (const group of NAMED_GROUPS) {
  share(`RFC 8422 5.10: both sides of group ${group} agree`, () => {
    const [one, other] = [1, 2].map((seed) => keyShare(CRYPTO, group, new SeededRandom(seed)));
    assert.equal(one!.agree(other!.publicKey), other!.agree(one!.publicKey));
  });
}

for (const [what, point] of [
  ["zero", "00".repeat(32)],
  ["one", `01${"00".repeat(31)}`],
  ["a point of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
  ["p − 1", `ec${"ff".repeat(30)}7f`],
] as const) {
  share(`RFC 8422 5.11: x25519 refuses ${what}, which makes the secret zero`, () => {
    assert.is(keyShare(CRYPTO, NamedGroup.x25519, new SeededRandom(1)).agree(hex(point)), undefined);
  });
}

const POINT = SECP256R1_VECTOR.peerPublicKey;

for (const [what, point] of [
  ["a point off the curve", concat(POINT.subarray(0, 64), Uint8Array.of(POINT[64]! ^ 1))],
  ["the point at infinity", Uint8Array.of(0)],
  ["a compressed point (RFC 8422 5.1.2)", concat(hex("03"), POINT.subarray(1, 33))],
  ["a hybrid point (RFC 8422 5.1.2)", concat(hex("07"), POINT.subarray(1))],
  ["a coordinate above the prime", concat(hex("04"), new Uint8Array(64).fill(0xff))],
  ["a point cut short", POINT.subarray(0, 64)],
  ["nothing", new Uint8Array(0)],
] as const) {
  share(`RFC 8422 5.11: secp256r1 refuses ${what}`, () => {
    assert.is(keyShare(CRYPTO, NamedGroup.secp256r1, new SeededRandom(1)).agree(point), undefined);
  });
}

for (const length of [0, 31, 33]) {
  share(`RFC 8422 5.11: x25519 refuses a share of ${length} bytes`, () => {
    assert.is(keyShare(CRYPTO, NamedGroup.x25519, new SeededRandom(1)).agree(new Uint8Array(length)), undefined);
  });
}

share("a draw above the group's order is no private key: the next one is taken", () => {
  const ours = keyShare(
    CRYPTO,
    NamedGroup.secp256r1,
    always(new Uint8Array(32).fill(0xff), SECP256R1_VECTOR.privateKey),
  );
  assert.equal(ours.publicKey, SECP256R1_VECTOR.publicKey);
});

share.run();
