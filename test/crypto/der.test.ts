import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contextTag, DerReader, DerTag, wholeDer } from "../../src/crypto/der.ts";
import { hex } from "../vectors/dtls.ts";

const test = suite("der");

test("X.690 8.1: elements in a row, and one inside of another", () => {
  const reader = wholeDer(hex("3009020107a10404020506"), DerTag.SEQUENCE)!;
  assert.equal(reader.take(DerTag.INTEGER), hex("07"));
  assert.is(reader.nextTag, contextTag(1, true));
  assert.equal(reader.enter(contextTag(1, true))!.take(DerTag.OCTET_STRING), hex("0506"));
  assert.equal([reader.atEnd, reader.nextTag], [true, undefined]);
});

test("X.690 8.1.3.5: lengths of one and two bytes", () => {
  for (const [head, length] of [
    ["047f", 0x7f],
    ["048180", 0x80],
    ["04820100", 0x100],
  ] as const) {
    assert.is(new DerReader(hex(head + "00".repeat(length))).take(DerTag.OCTET_STRING)!.length, length);
  }
});

test("X.690 10.1: a length that could be shorter, is indefinite, or leads past the end, is none", () => {
  const wrong = [
    `04817f${"00".repeat(0x7f)}`,
    `048200ff${"00".repeat(0xff)}`,
    "0480",
    "0483000001",
    "0402ff",
    "04",
    "",
  ];
  for (const bytes of wrong) assert.is(new DerReader(hex(bytes)).take(DerTag.OCTET_STRING), undefined, bytes);
});

test("bytes behind the whole, and another tag", () => {
  assert.is(wholeDer(hex("300000"), DerTag.SEQUENCE), undefined);
  assert.is(wholeDer(hex("3000"), DerTag.OCTET_STRING), undefined);
  assert.ok(wholeDer(hex("3000"), DerTag.SEQUENCE));
});

test.run();
