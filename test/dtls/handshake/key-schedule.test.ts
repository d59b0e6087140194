import { createHmac } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, toUtf8 } from "../../../src/base/bytes.ts";
import {
  extendedMasterSecret,
  keyBlock,
  masterSecret,
  premasterSecret,
  prf,
  verifyData,
} from "../../../src/dtls/handshake/key-schedule.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { hex, PRF_VECTOR } from "../../vectors/dtls.ts";

const keySchedule = suite("key-schedule");

const A = new Uint8Array(32).fill(0xaa);
const B = new Uint8Array(32).fill(0xbb);
const MASTER = new Uint8Array(48).fill(7);

keySchedule("RFC 5246 5: the published P_SHA256 vector", () => {
  const { secret, label, seed, output } = PRF_VECTOR;
  assert.equal(prf(CRYPTO, secret, toUtf8(label), seed, output.length), output);
});

keySchedule("RFC 5246 5: a shorter output is the beginning of a longer one", () => {
  const { secret, label, seed, output } = PRF_VECTOR;
  for (const length of [0, 1, 12, 31, 32, 33, 48, 64, 65]) {
    assert.equal(prf(CRYPTO, secret, toUtf8(label), seed, length), output.subarray(0, length));
  }
});

keySchedule("RFC 4279 2: the premaster secret of plain PSK is length, zeros, length, key", () => {
  assert.equal(premasterSecret(hex("0a0b0c")), hex("0003 000000 0003 0a0b0c"));
});

keySchedule("RFC 4279 5.3: a key of 64 bytes", () => {
  const key = new Uint8Array(64).fill(9);
  assert.equal(premasterSecret(key), concat(hex("0040"), new Uint8Array(64), hex("0040"), key));
});

keySchedule("RFC 5489 2: with ECDHE the shared secret stands where the zeros were", () => {
  assert.equal(premasterSecret(hex("0a0b"), hex("01020304")), hex("0004 01020304 0002 0a0b"));
});

/** RFC 5246 5 for at most 32 bytes, written out. */
function firstBlock(secret: Uint8Array, labelled: Uint8Array, length: number): Uint8Array {
  const a1 = createHmac("sha256", secret).update(labelled).digest();
  return Uint8Array.from(createHmac("sha256", secret).update(a1).update(labelled).digest().subarray(0, length));
}

keySchedule("RFC 5246 8.1: the master secret covers the client's random before the server's", () => {
  const master = masterSecret(CRYPTO, MASTER, A, B);
  assert.is(master.length, 48);
  assert.equal(master.subarray(0, 32), firstBlock(MASTER, concat(toUtf8("master secret"), A, B), 32));
});

keySchedule("RFC 7627 4: the extended master secret covers the session hash alone", () => {
  const master = extendedMasterSecret(CRYPTO, MASTER, A);
  assert.is(master.length, 48);
  assert.equal(master.subarray(0, 32), firstBlock(MASTER, concat(toUtf8("extended master secret"), A), 32));
});

keySchedule("RFC 5246 6.3: the key block covers the server's random before the client's", () => {
  assert.equal(keyBlock(CRYPTO, MASTER, A, B, 32), firstBlock(MASTER, concat(toUtf8("key expansion"), B, A), 32));
});

for (const sender of ["client", "server"] as const) {
  keySchedule(`RFC 5246 7.4.9: the ${sender}'s verify_data is 12 bytes under its own label`, () => {
    const expected = firstBlock(MASTER, concat(toUtf8(`${sender} finished`), A), 12);
    assert.equal(verifyData(CRYPTO, MASTER, sender, A), expected);
  });
}

keySchedule.run();
