import { createCipheriv, createHmac } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { cbcProtection } from "../../../src/dtls/record/cbc.ts";
import type { RecordContext, RecordProtection } from "../../../src/dtls/record/record-protection.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { hex } from "../../vectors/dtls.ts";

const cbc = suite("cbc");

const MAC_KEY = new Uint8Array(32).fill(0xa5);
const KEY = hex("000102030405060708090a0b0c0d0e0f");
const KEYS = concat(MAC_KEY, KEY);
const IV = hex("101112131415161718191a1b1c1d1e1f");
const CONTENT = hex("40414243444546");

const PLAIN: RecordContext = { type: 23, epoch: 1, sequenceNumber: 7, connectionId: EMPTY };
const WITH_ID: RecordContext = { ...PLAIN, type: 25, connectionId: hex("d1d2d3d4") };

// epoch and sequence number, type, version
const PLAIN_PREFIX = hex("0001 000000000007 17 fefd");
// eight 0xff, tls12_cid, cid_length, tls12_cid, version, epoch, sequence number, cid
const ID_PREFIX = hex("ffffffffffffffff 19 04 19 fefd 0001 000000000007 d1d2d3d4");

const mac = (...parts: Uint8Array[]) =>
  createHmac("sha256", MAC_KEY)
    .update(concat(...parts))
    .digest();
const length = (bytes: Uint8Array) => Uint8Array.of(bytes.length >> 8, bytes.length & 255);

function encrypted(padded: Uint8Array): Uint8Array {
  return concat(IV, createCipheriv("aes-128-cbc", KEY, IV).setAutoPadding(false).update(padded));
}

/** Opens fragments that lie within a datagram. */
function openerOf(protection: RecordProtection) {
  const opener = protection.opener(KEYS);
  return {
    open: (context: RecordContext, fragment: Uint8Array) =>
      opener.open(context, concat(Uint8Array.of(1, 2, 3), fragment, Uint8Array.of(4)), 3, fragment.length),
  };
}

/** As much padding as is asked for, each byte of it, and the last, saying how much. */
function padding(count: number): Uint8Array {
  return new Uint8Array(count + 1).fill(count);
}

/** RFC 5246 6.2.3.2 by hand. */
function macInside(prefix: Uint8Array, content: Uint8Array, paddingBytes: Uint8Array): Uint8Array {
  return encrypted(concat(content, mac(prefix, length(content), content), paddingBytes));
}

/** RFC 7366 3 by hand. */
function macLast(prefix: Uint8Array, content: Uint8Array, paddingBytes: Uint8Array): Uint8Array {
  const covered = encrypted(concat(content, paddingBytes));
  return concat(covered, mac(prefix, length(covered), covered));
}

const CONSTRUCTIONS = [
  ["RFC 5246 6.2.3.2: MAC inside", false, macInside, 32],
  ["RFC 7366 3: MAC last", true, macLast, 0],
] as const;

for (const [name, encryptThenMac, byHand, macLength] of CONSTRUCTIONS) {
  const protection = cbcProtection(CRYPTO, { fill: (target) => target.set(IV) }, encryptThenMac);
  const opener = openerOf(protection);

  function sealed(context: RecordContext, content: Uint8Array): Uint8Array {
    const record = new Uint8Array(protection.fragmentLength(content.length));
    record.set(content, protection.contentOffset);
    protection.sealer(KEYS).seal(context, record, 0, content.length);
    return record;
  }

  /** The least padding that fills a block. */
  const least = (contentLength: number) => 15 - ((contentLength + macLength) % 16);

  for (const [how, context, prefix] of [
    ["without", PLAIN, PLAIN_PREFIX],
    ["with", WITH_ID, ID_PREFIX],
  ] as const) {
    cbc(`${name}, ${how} Connection ID (RFC 9146 5.1, 5.2), put together by hand`, () => {
      const record = sealed(context, CONTENT);
      assert.equal(record, byHand(prefix, CONTENT, padding(least(CONTENT.length))));
      assert.equal(Uint8Array.from(opener.open(context, record)!), CONTENT);
    });
  }

  cbc(`${name}: every content length from 0 to 64 comes back, and fragmentLength and overhead say the truth`, () => {
    for (let count = 0; count <= 64; count++) {
      const content = new Uint8Array(count).fill(count);
      const record = sealed(PLAIN, content);
      assert.equal(Uint8Array.from(opener.open(PLAIN, record)!), content, `${count}`);
      assert.ok(record.length <= count + protection.overhead);
    }
  });

  cbc(`${name}: every padding length that a peer may choose is taken`, () => {
    for (let count = least(CONTENT.length); count <= 255; count += 16) {
      const opened = opener.open(PLAIN, byHand(PLAIN_PREFIX, CONTENT, padding(count)));
      assert.equal(Uint8Array.from(opened!), CONTENT, `${count}`);
    }
  });

  cbc(`${name}: every flipped byte of a record is noticed, in the same way`, () => {
    const record = byHand(PLAIN_PREFIX, CONTENT, padding(least(CONTENT.length) + 16));
    for (let at = 0; at < record.length; at++) {
      const forged = Uint8Array.from(record);
      forged[at] = forged[at]! ^ 0x41;
      assert.is(opener.open(PLAIN, forged), undefined, `${at}`);
    }
  });

  cbc(`${name}: every truncation is noticed, in the same way`, () => {
    const record = byHand(PLAIN_PREFIX, CONTENT, padding(least(CONTENT.length)));
    for (let end = 0; end < record.length; end++) {
      assert.is(opener.open(PLAIN, record.subarray(0, end)), undefined, `${end}`);
    }
  });

  cbc(`${name}: another header, or another Connection ID, is noticed`, () => {
    const record = byHand(ID_PREFIX, CONTENT, padding(least(CONTENT.length)));
    assert.is(opener.open({ ...WITH_ID, sequenceNumber: 8 }, record), undefined);
    assert.is(opener.open({ ...WITH_ID, connectionId: hex("d1d2d3d5") }, record), undefined);
    assert.is(opener.open(PLAIN, record), undefined);
  });
}

cbc("RFC 5246 6.2.3.2: bad padding under a right MAC fails as a bad MAC does, at each of its bytes", () => {
  const opener = openerOf(cbcProtection(CRYPTO, new SeededRandom(1), false));
  const good = padding(24);
  for (let at = 0; at < good.length; at++) {
    const bad = Uint8Array.from(good);
    bad[at] = bad[at]! ^ 1;
    assert.is(opener.open(PLAIN, macInside(PLAIN_PREFIX, CONTENT, bad)), undefined, `${at}`);
  }
});

cbc("RFC 5246 6.2.3.2: padding that claims more than the record holds fails as a bad MAC does", () => {
  const opener = openerOf(cbcProtection(CRYPTO, new SeededRandom(1), false));
  for (let claimed = 16; claimed <= 255; claimed++) {
    const padded = Uint8Array.from([...new Uint8Array(47).fill(claimed), claimed]);
    assert.is(opener.open(PLAIN, encrypted(padded)), undefined, `${claimed}`);
  }
});

cbc("RFC 7366 3: padding that claims more than the record holds is no plaintext", () => {
  const opener = openerOf(cbcProtection(CRYPTO, new SeededRandom(1), true));
  assert.is(opener.open(PLAIN, macLast(PLAIN_PREFIX, EMPTY, new Uint8Array(16).fill(16))), undefined);
});

cbc("RFC 5246 6.2.3.2: two records never begin with the same IV", () => {
  const sealer = cbcProtection(CRYPTO, new SeededRandom(1), false).sealer(KEYS);
  const [one, other] = [0, 0].map(() => {
    const record = new Uint8Array(16 + 48);
    sealer.seal(PLAIN, record, 0, 1);
    return record.subarray(0, 16);
  });
  assert.not.equal(one, other);
});

cbc.run();
