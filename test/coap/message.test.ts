import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, fromHex, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { NO_OPTIONS } from "../../src/coap/encoded-options.ts";
import type { MessageFormatErrorKind } from "../../src/coap/errors.ts";
import {
  decodeMessage,
  emptyMessage,
  encodeMessage,
  type Message,
  messageLength,
  optionsLengthOf,
} from "../../src/coap/message.ts";
import { OPTION_COUNT_MAX } from "../../src/coap/parameters.ts";

const message = suite("message");

function decoded(hex: string): Message {
  const result = decodeMessage(fromHex(hex)!);
  if (!result.ok) throw new Error(result.error.kind);
  return result.value;
}

function formatErrorIs(hex: string, kind: MessageFormatErrorKind): void {
  const result = decodeMessage(fromHex(hex)!);
  assert.is(result.ok ? "ok" : result.error.kind, kind);
}

// Ver 1, CON, TKL 1 | 0.01 | Message ID | token | Uri-Path "fw" | Block2 (delta 12) 0/0/64 | marker, payload
const REQUEST = "41 01 1234 ab b2 6677 c1 02 ff 6869";

message("RFC 7252 3: header, token, options and payload are read", () => {
  const { type, code, messageId, token, options, payload } = decoded(REQUEST);
  assert.equal([type, code, messageId, toHex(token), toHex(payload)], ["CON", 1, 0x1234, "ab", "6869"]);
  assert.equal(
    options.map(({ number, value }) => [number, toHex(value)]),
    [
      [11, "6677"],
      [23, "02"],
    ],
  );
});

message("RFC 7252 3: what is read is written again byte for byte", () => {
  assert.is(toHex(encodeMessage(decoded(REQUEST))), REQUEST.replaceAll(" ", ""));
});

message("RFC 7252 3.1: deltas and lengths at 12, 13, 268, 269 and beyond", () => {
  for (const length of [0, 12, 13, 268, 269, 1_034]) {
    for (const number of [0, 12, 13, 268, 269, 65_535]) {
      const sent = { ...emptyMessage("ACK", 7), code: 0x45, options: [{ number, value: new Uint8Array(length) }] };
      const bytes = encodeMessage(sent);
      assert.is(bytes.length, messageLength(0, optionsLengthOf(NO_OPTIONS, sent.options), 0));
      const received = decoded(toHex(bytes)).options;
      assert.equal([received.length, received[0]!.number, received[0]!.value.length], [1, number, length]);
    }
  }
});

message("RFC 7252 3: a token of 0 to 8 bytes is carried", () => {
  for (let length = 0; length <= 8; length++) {
    const token = new Uint8Array(length).fill(7);
    const sent = { ...emptyMessage("ACK", 1), code: 0x45, token, payload: toUtf8("x") };
    assert.is(toHex(decoded(toHex(encodeMessage(sent))).token), toHex(token));
  }
});

message("RFC 7252 4.1: an empty message has four bytes", () => {
  assert.is(toHex(encodeMessage(emptyMessage("RST", 0x1234))), "70001234");
});

message("RFC 7252 3: a version other than 1 is told apart and names no header", () => {
  for (const first of ["01", "81", "c1"]) formatErrorIs(`${first} 01 1234 ab`, "unknownVersion");
  const result = decodeMessage(fromHex("80 01 1234")!);
  assert.is(result.ok || result.error.header, undefined);
});

message("RFC 7252 3: token lengths 9 to 15 are reserved", () => {
  for (let length = 9; length <= 15; length++) {
    formatErrorIs(`4${length.toString(16)} 01 1234 ${"00".repeat(length)}`, "reservedTokenLength");
  }
});

message("RFC 7252 3: a token cut short", () => formatErrorIs("44 01 1234 aabbcc", "tokenTruncated"));

message("RFC 7252 3: fewer bytes than a header", () => {
  for (const hex of ["", "40", "40 01", "40 01 12"]) formatErrorIs(hex, "headerTruncated");
});

message("RFC 7252 3: a payload marker with nothing behind it", () => {
  formatErrorIs("40 01 1234 ff", "payloadMarkerWithoutPayload");
});

message("RFC 7252 3.1: delta 15 without length 15 is reserved", () =>
  formatErrorIs("40 01 1234 f1 00", "optionDeltaReserved"),
);

message("RFC 7252 3.1: length 15 is reserved", () => formatErrorIs("40 01 1234 1f 00", "optionLengthReserved"));

message("RFC 7252 3.1: an option cut short in its delta, its length or its value", () => {
  for (const rest of ["d0", "e0 00", "0d", "0e 00", "b3 6677"]) formatErrorIs(`40 01 1234 ${rest}`, "optionTruncated");
});

message("RFC 7252 12.2: an option number has 16 bits", () => {
  formatErrorIs("40 01 1234 e0 ffff", "optionNumberTooLarge");
  assert.is(decoded("40 01 1234 e0 fef2").options[0]!.number, 65_535);
});

message("RFC 7252 4.1: the empty message with a token or with bytes behind it", () => {
  formatErrorIs("41 00 1234 ab", "emptyWithTrailingBytes");
  formatErrorIs("41 00 1234", "emptyWithTrailingBytes");
  formatErrorIs("40 00 1234 00", "emptyWithTrailingBytes");
});

message("RFC 7252 4.2: code classes 1, 6 and 7 are reserved", () => {
  for (const code of ["20", "3f", "c0", "e1", "ff"]) formatErrorIs(`40 ${code} 1234`, "reservedCodeClass");
});

message("a datagram has at most OPTION_COUNT_MAX options", () => {
  const header = "40 01 1234 b0";
  assert.is(decoded(header + "00".repeat(OPTION_COUNT_MAX - 1)).options.length, OPTION_COUNT_MAX);
  formatErrorIs(header + "00".repeat(OPTION_COUNT_MAX), "tooManyOptions");
});

message("RFC 7252 4.2: what the header said comes back with the error, for RST or silence", () => {
  const result = decodeMessage(fromHex("51 01 beef")!);
  assert.equal(result.ok || result.error.header, { type: "NON", messageId: 0xbeef });
});

message("every truncation of a message decodes to an error or to a shorter message, never to an exception", () => {
  const bytes = fromHex(REQUEST)!;
  const outcomes = Array.from({ length: bytes.length }, (_, length) => {
    const result = decodeMessage(bytes.subarray(0, length));
    return result.ok ? "ok" : result.error.kind;
  });
  assert.equal(outcomes, [
    ...Array(4).fill("headerTruncated"),
    "tokenTruncated",
    "ok",
    ...Array(2).fill("optionTruncated"),
    "ok",
    "optionTruncated",
    "ok",
    "payloadMarkerWithoutPayload",
    "ok",
  ]);
});

message("options out of order are a mistake of ours", () => {
  const options = [11, 4].map((number) => ({ number, value: EMPTY }));
  assert.throws(() => encodeMessage({ ...emptyMessage("ACK", 1), code: 0x45, options }));
});

message.run();
