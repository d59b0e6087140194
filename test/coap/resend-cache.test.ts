import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, fromHex } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { NO_OPTIONS } from "../../src/coap/encoded-options.ts";
import { DEFAULT_COAP_SERVER_LIMITS, EXCHANGE_LIFETIME_MS, NON_LIFETIME_MS } from "../../src/coap/parameters.ts";
import { ResendCache } from "../../src/coap/resend-cache.ts";

const cache = suite("resend-cache");

const START = instant(0);
const BODY = { etag: undefined, contentFormat: 42, representation: NO_OPTIONS, shared: true };
const ANSWER = Uint8Array.of(0x60, 0x45, 0x12, 0x34);

function request(hex: string): Uint8Array {
  return fromHex(hex)!;
}

function cacheOf(lengthMax = DEFAULT_COAP_SERVER_LIMITS.resendLengthMax): ResendCache<string> {
  return new ResendCache({ countMax: DEFAULT_COAP_SERVER_LIMITS.resendCountMax, lengthMax });
}

cache("RFC 7252 4.5: only the whole request is a repetition: token, options and payload count", () => {
  const answers = cacheOf();
  answers.remember(START, "a", request("41 01 1234 ab b2 6677"), ANSWER);
  assert.equal(answers.find(START, "a", request("41 01 1234 ab b2 6677")), ANSWER);
  for (const other of [
    "41 01 1234 ac b2 6677",
    "41 01 1234 ab b2 6678",
    "41 01 1234 ab b2 6677 ff 00",
    "41 02 1234 ab b2 6677",
    "51 01 1234 ab b2 6677",
  ]) {
    assert.is(answers.find(START, "a", request(other)), undefined);
  }
});

cache("a datagram shorter than a header is never known", () => {
  const answers = cacheOf();
  answers.remember(START, "a", request("40 01 0000"), ANSWER);
  assert.is(answers.find(START, "a", request("40 01 00")), undefined);
});

cache("RFC 7252 4.8.2: a CON is known for 247 s, a NON for 145 s", () => {
  const answers = cacheOf();
  const [con, non] = [request("40 01 0001"), request("50 01 0002")];
  answers.remember(START, "a", con, ANSWER);
  answers.remember(START, "a", non, ANSWER);
  const known = (ms: number): boolean[] =>
    [con, non].map((bytes) => answers.find(instant(ms), "a", bytes) !== undefined);
  assert.equal(known(NON_LIFETIME_MS - 1), [true, true]);
  assert.equal(known(NON_LIFETIME_MS), [true, false]);
  assert.equal(known(EXCHANGE_LIFETIME_MS - 1), [true, false]);
  assert.equal(known(EXCHANGE_LIFETIME_MS), [false, false]);
});

cache("8 answers of one association are kept, the oldest goes first", () => {
  const answers = cacheOf();
  const requests = Array.from({ length: 9 }, (_, i) => Uint8Array.of(0x40, 1, 0, i));
  for (const bytes of requests) answers.remember(START, "a", bytes, ANSWER);
  assert.is(answers.countOf("a"), 8);
  assert.equal(
    [0, 1, 8].map((i) => answers.find(START, "a", requests[i]!)),
    [undefined, ANSWER, ANSWER],
  );
});

cache("a block is known by where it was cut from: the same bytes again, and none once the body cannot be read", () => {
  const answers = cacheOf();
  const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i);
  let readable = true;
  const body = {
    ...BODY,
    length: 1_000,
    read: (at: number, n: number) => (readable ? bytes.subarray(at, at + n) : undefined),
  };
  const head = Uint8Array.of(0x60, 0x45, 0, 1, 0xff);
  const answer = concat(head, bytes.subarray(64, 128));
  answers.remember(START, "a", request("40 01 0001"), head, { body, offset: 64, length: 64 });
  assert.equal(answers.find(START, "a", request("40 01 0001")), answer);
  readable = false;
  assert.is(answers.find(START, "a", request("40 01 0001")), undefined);
});

cache("an exchange of any length is kept whole beside short ones, and its place is used again", () => {
  const answers = cacheOf();
  const lengths = Array.from({ length: 80 }, (_, i) => (i * 37) % 400);
  const requests = lengths.map((length, i) => concat(Uint8Array.of(0x40, 1, 0, i), new Uint8Array(length).fill(i)));
  for (const bytes of requests) answers.remember(START, "a", bytes, concat(ANSWER, bytes));
  for (const bytes of requests.slice(-8)) assert.equal(answers.find(START, "a", bytes), concat(ANSWER, bytes));
  answers.forget("a");
  assert.is(answers.length, 0);
});

cache("bytes over all associations are limited, the association that was silent for longest goes first", () => {
  const one = cacheOf();
  one.remember(START, "one", request("40 01 0001"), ANSWER);
  const answers = cacheOf(100 * one.length);
  for (let i = 0; i <= 100; i++) answers.remember(START, `peer ${i}`, request("40 01 0001"), ANSWER);
  assert.is(answers.length, 100 * one.length);
  assert.equal(
    [0, 1].map((i) => answers.countOf(`peer ${i}`)),
    [0, 1],
  );
  answers.remember(START, "peer 1", request("40 01 0002"), new Uint8Array(100 * one.length));
  assert.is(answers.associationCount, 0);
});

cache("by default the bytes over all associations are 48 MiB", () => {
  const answers = cacheOf();
  const large = new Uint8Array(2 ** 20);
  for (let i = 0; i < 60; i++) answers.remember(START, `peer ${i}`, request("40 01 0001"), large);
  assert.is(answers.associationCount, 47);
});

cache("what has expired leaves, whoever asks", () => {
  const answers = cacheOf();
  answers.remember(START, "a", request("40 01 0001"), ANSWER);
  answers.remember(instant(1_000), "b", request("40 01 0001"), ANSWER);
  answers.handleTimeout(instant(EXCHANGE_LIFETIME_MS));
  assert.equal([answers.countOf("a"), answers.countOf("b")], [0, 1]);
  answers.handleTimeout(instant(EXCHANGE_LIFETIME_MS + 1_000));
  assert.is(answers.associationCount, 0);
  assert.is(answers.pollTimeout(), undefined);
});

cache.run();
