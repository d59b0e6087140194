import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import {
  DEFAULT_COAP_SERVER_LIMITS,
  ENTRY_OVERHEAD_LENGTH,
  EXCHANGE_LIFETIME_MS,
  NON_LIFETIME_MS,
} from "../../src/coap/parameters.ts";
import { ResendCache } from "../../src/coap/resend-cache.ts";

const cache = suite("resend-cache");

const START = instant(0);
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
  assert.is(answers.find(START, "a", request("41 01 1234 ab b2 6677")), ANSWER);
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
  const known = (ms: number): boolean[] => [con, non].map((bytes) => answers.find(instant(ms), "a", bytes) === ANSWER);
  assert.equal(known(NON_LIFETIME_MS - 1), [true, true]);
  assert.equal(known(NON_LIFETIME_MS), [true, false]);
  assert.equal(known(EXCHANGE_LIFETIME_MS - 1), [true, false]);
  assert.equal(known(EXCHANGE_LIFETIME_MS), [false, false]);
});

cache("64 answers of one association are kept, the oldest goes first", () => {
  const answers = cacheOf();
  const requests = Array.from({ length: 65 }, (_, i) => Uint8Array.of(0x40, 1, 0, i));
  for (const bytes of requests) answers.remember(START, "a", bytes, ANSWER);
  assert.is(answers.countOf("a"), 64);
  assert.equal(
    [0, 1, 64].map((i) => answers.find(START, "a", requests[i]!)),
    [undefined, ANSWER, ANSWER],
  );
});

cache("bytes over all associations are limited, the oldest answer of all goes first", () => {
  const each = ENTRY_OVERHEAD_LENGTH + 8;
  const answers = cacheOf(100 * each);
  for (let i = 0; i <= 100; i++) answers.remember(START, `peer ${i}`, request("40 01 0001"), ANSWER);
  assert.is(answers.length, 100 * each);
  assert.equal(
    [0, 1].map((i) => answers.countOf(`peer ${i}`)),
    [0, 1],
  );
});

cache("by default the bytes over all associations are 16 MiB", () => {
  const answers = cacheOf();
  const large = new Uint8Array(2 ** 20);
  for (let i = 0; i < 20; i++) answers.remember(START, `peer ${i}`, request("40 01 0001"), large);
  assert.is(answers.associationCount, 15);
});

cache.run();
