import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { Secret } from "../../../src/base/secret.ts";
import { PLAINTEXT_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import { aeadProtection } from "../../../src/dtls/record/aead.ts";
import { ReadState, WriteState } from "../../../src/dtls/record/connection-state.ts";
import { decodeRecord } from "../../../src/dtls/record/record.ts";
import { NULL_PROTECTION } from "../../../src/dtls/record/record-protection.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { hex } from "../../vectors/dtls.ts";

const connectionState = suite("connection-state");

const PROTECTION = aeadProtection(CRYPTO.aead.ccm, CRYPTO.aead.arrays, 8);
const ID = hex("d1d2d3d4");

function states(connectionId: Uint8Array = EMPTY) {
  const keys = () => new Secret(new Uint8Array(20).fill(3));
  return {
    write: new WriteState(1, PROTECTION, keys(), connectionId),
    read: new ReadState(1, PROTECTION, keys(), connectionId),
    open(this: { readonly read: ReadState }, datagram: Uint8Array) {
      const decoded = decodeRecord(datagram, 0, connectionId.length);
      assert.ok(decoded.ok);
      const opened = this.read.open(decoded.value);
      return opened.ok ? opened.value : opened.error;
    },
  };
}

connectionState("RFC 6347 4.1: each record takes the next sequence number", () => {
  const { write } = states();
  const numbers = [0, 1, 2].map(() => Uint8Array.from(write.seal(23, hex("aa")).subarray(3, 11)));
  assert.equal(numbers, [hex("0001 000000000000"), hex("0001 000000000001"), hex("0001 000000000002")]);
});

connectionState("RFC 6347 4.2.1: a plaintext state begins with the number that it is given", () => {
  assert.equal(
    Uint8Array.from(WriteState.plaintext(0x0a0b).seal(22, hex("01"))),
    hex("16 fefd 0000 000000000a0b 0001 01"),
  );
});

connectionState("RFC 6347 4.1: the last sequence number is used, and the one behind it is never", () => {
  const write = new WriteState(1, PROTECTION, new Secret(new Uint8Array(20)), EMPTY, 2 ** 48 - 2);
  const numbers = [1, 2].map(() => Uint8Array.from(write.seal(23, hex("aa")).subarray(3, 11)));
  assert.equal(numbers, [hex("0001 fffffffffffe"), hex("0001 ffffffffffff")]);
  assert.throws(() => write.seal(23, hex("aa")), /sequence number/);
});

connectionState("RFC 6655 3: CCM_8 adds 16 bytes and the header 13", () => {
  assert.is(states().write.seal(23, new Uint8Array(40)).length, 40 + 13 + 16);
  assert.is(states().write.overhead, 13 + 16);
});

connectionState("RFC 9146 4: the inner plaintext is content, then type, and no padding is sent", () => {
  const write = new WriteState(1, NULL_PROTECTION, new Secret(EMPTY), ID);
  const record = write.seal(23, hex("aabb"));
  assert.equal(Uint8Array.from(record.subarray(-3)), hex("aabb 17"));
});

connectionState("a session that rests between two records goes on as if it had not", () => {
  const both = states();
  for (const content of [hex("aa"), hex("bb"), hex("cc")]) {
    const opened = both.open(both.write.seal(23, content));
    assert.ok(typeof opened === "object");
    assert.equal(Uint8Array.from(opened.content), content);
    both.write.rest();
    both.read.rest();
  }
});

connectionState("RFC 9146 4: a Connection ID adds itself and the type byte", () => {
  const { write } = states(ID);
  assert.is(write.seal(23, new Uint8Array(40)).length, 40 + 13 + 16 + 4 + 1);
  assert.is(write.overhead, 13 + 16 + 4 + 1);
});

connectionState("what is sealed opens once, and says whether it was the newest", () => {
  const both = states();
  const [first, second] = [both.write.seal(23, hex("aa")), both.write.seal(22, hex("bb"))];
  const newest = both.open(second);
  assert.equal([typeof newest === "object" && newest.type, typeof newest === "object" && newest.newest], [22, true]);
  const older = both.open(first);
  assert.is(typeof older === "object" && older.newest, false);
  assert.is(both.open(first), "recordReplayed");
});

connectionState(
  "RFC 6347 4.1.2.6: a replayed record is told from its number alone, a forged one leaves the window",
  () => {
    const both = states();
    const forged = both.write.seal(23, hex("aa"));
    forged[forged.length - 1] = forged[forged.length - 1]! ^ 1;
    assert.is(both.open(forged), "badRecordMac");
    assert.is(both.open(forged), "badRecordMac");
  },
);

connectionState("RFC 6347 4.1: another epoch is unknown", () => {
  const both = states();
  const record = both.write.seal(23, hex("aa"));
  record[4] = 2;
  assert.is(both.open(record), "epochUnknown");
});

connectionState("RFC 9146 3: a record without the Connection ID that was agreed is none of this state", () => {
  const { write } = states();
  assert.is(states(ID).open(write.seal(23, hex("aa"))), "epochUnknown");
});

connectionState("RFC 5246 6.2.1: 2^14 bytes of plaintext open, one more is an overflow", () => {
  const both = states();
  const whole = both.open(both.write.seal(23, new Uint8Array(PLAINTEXT_LENGTH_MAX)));
  assert.is(typeof whole === "object" && whole.content.length, PLAINTEXT_LENGTH_MAX);
  assert.is(both.open(both.write.seal(23, new Uint8Array(PLAINTEXT_LENGTH_MAX + 1))), "recordOverflow");
});

connectionState("RFC 9146 4: an inner plaintext of nothing but zeros is dropped, and counts as seen", () => {
  const both = states(ID);
  const record = both.write.seal(0, EMPTY);
  assert.is(both.open(record), "innerPlaintextEmpty");
  assert.is(both.open(record), "recordReplayed");
});

connectionState("wiped keys seal nothing and open nothing", () => {
  const both = states();
  const record = both.write.seal(23, hex("aa"));
  both.write.wipe();
  both.read.wipe();
  assert.throws(() => both.write.seal(23, hex("aa")), "wiped");
  assert.is(both.open(record), "badRecordMac");
});

connectionState.run();
