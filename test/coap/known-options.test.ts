import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toHex } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { ok } from "../../src/base/result.ts";
import { KnownOptions } from "../../src/coap/known-options.ts";
import { DecodedMessage, decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { inOrder, type Option, stringOption, uintOption } from "../../src/coap/option.ts";
import { EXCHANGE_LIFETIME_MS, KNOWN_OPTIONS_LENGTH_MAX, KNOWN_OPTIONS_MAX } from "../../src/coap/parameters.ts";
import { type Request, readRequest } from "../../src/coap/request.ts";

const knownOptions = suite("known-options");

const START = instant(0);

function messageWith(code: number, options: readonly Option[], token: Uint8Array = EMPTY): DecodedMessage {
  const ordered = inOrder(options);
  const decoded = decodeMessage(
    encodeMessage({ type: "CON", code, messageId: 1, token, options: ordered, payload: EMPTY }),
  );
  assert.ok(decoded.ok);
  return decoded.value;
}

/** All that a request says, as text; or why it is refused. */
function textOf(read: ReturnType<typeof readRequest<string>>): string {
  if (!read.ok) return read.error;
  const { message: _message, payload, etags, ifMatches, ...rest } = read.value as Request<string>;
  return JSON.stringify([rest, toHex(payload), etags.map(toHex), ifMatches.map(toHex)]);
}

const anyOption: fc.Arbitrary<Option> = fc.oneof(
  fc
    .constantFrom("fw", "a", "long-enough-for-an-extended-length", "thirteen-long")
    .map((text) => stringOption(11, text)),
  fc.constantFrom("offset=5", "x").map((text) => stringOption(15, text)),
  fc.nat({ max: 2 ** 24 - 1 }).map((value) => uintOption(23, value)),
  fc.nat({ max: 2 ** 24 - 1 }).map((value) => uintOption(23, value)),
  fc.record({ number: fc.constantFrom(23, 27, 60, 17, 12, 4, 1, 5), value: fc.uint8Array({ maxLength: 5 }) }),
  fc.record({ number: fc.constantFrom(3, 9, 258, 2049, 65_000), value: fc.uint8Array({ maxLength: 20 }) }),
);

knownOptions("RFC 7252 5.4: whatever came before, a request is read as if it were the first", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          code: fc.constantFrom(1, 1, 1, 2, 5, 9),
          options: fc.array(anyOption, { maxLength: 5 }),
          token: fc.uint8Array({ maxLength: 8 }),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      (requests) => {
        const known = new KnownOptions();
        const nearlyAlike = requests.flatMap((request) => [
          request,
          { ...request, options: request.options.slice(1) },
          request,
          { ...request, options: request.options.slice(0, -1) },
          request,
          request,
        ]);
        for (const { code, options, token } of [...requests, ...nearlyAlike, ...requests]) {
          const message = messageWith(code, options, token);
          const again = known.readAgain("peer", message.bytes, 1_000);
          const read = again === undefined ? known.read(START, "peer", message, 1_000) : ok(again);
          assert.is(textOf(read), textOf(readRequest("peer", message, 1_000)));
        }
      },
    ),
    { seed: 7959, numRuns: 400 },
  );
});

knownOptions("RFC 7252 3: bytes that are no request, or another one, are never read as the last one again", () => {
  const path = ["fw", "ant", "2.0"].map((segment) => stringOption(11, segment));
  let agains = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 8 }),
      fc.nat({ max: 2 ** 24 - 1 }),
      fc.array(anyOption, { maxLength: 2 }),
      fc.array(fc.tuple(fc.nat({ max: 40 }), fc.constantFrom(0, 0x10, 0x40, 0xc1, 0xff, 0xd1, 0x01)), { maxLength: 2 }),
      fc.uint8Array({ maxLength: 2 }),
      (token, block2, others, changes, more) => {
        const known = new KnownOptions();
        const { bytes } = messageWith(1, [...path, uintOption(23, 6), ...others]);
        known.read(START, "peer", new DecodedMessage(bytes, bytes.length), 1_000);
        const message = messageWith(1, [...path, uintOption(23, block2), ...others], token);
        const datagram = Uint8Array.of(...message.bytes, ...more);
        for (const [at, difference] of changes) if (at < datagram.length) datagram[at]! ^= difference;
        const again = known.readAgain("peer", datagram, 1_000);
        if (again === undefined) return;
        agains++;
        const decoded = decodeMessage(datagram);
        assert.ok(decoded.ok);
        assert.is(textOf(ok(again)), textOf(readRequest("peer", decoded.value, 1_000)));
        assert.equal(again.message, decoded.value);
      },
    ),
    { seed: 7252, numRuns: 5_000 },
  );
  assert.ok(agains > 500, `${agains} were read again`);
});

knownOptions("RFC 7252 3: the options of the last request alone, without a header, are no request", () => {
  const known = new KnownOptions();
  const message = messageWith(1, [stringOption(11, "\u0001"), uintOption(23, 6)]);
  known.read(START, "peer", message, 1_000);
  assert.is.not(known.readAgain("peer", message.bytes, 1_000), undefined);
  assert.is(known.readAgain("peer", message.bytes.subarray(message.optionsStart), 1_000), undefined);
});

knownOptions("RFC 7959 2.4: after the first block, those that follow are read again, whoever asks for them", () => {
  const known = new KnownOptions();
  const path = ["fw", "ant", "2.0"].map((segment) => stringOption(11, segment));
  known.read(START, "first", messageWith(1, [...path, uintOption(23, 6)]), 1_000);
  for (let num = 0; num < 300; num++) {
    const { bytes } = messageWith(1, [...path, uintOption(23, (num << 4) | 5)], Uint8Array.of(num));
    const again = known.readAgain("second", bytes, 500);
    assert.equal(
      [again?.association, again?.block2, again?.path],
      ["second", { num, more: false, szx: 5 }, ["fw", "ant", "2.0"]],
    );
  }
});

knownOptions("RFC 7959 2.4: the requests for all blocks of an image are known by one", () => {
  const known = new KnownOptions();
  const path = ["fw", "ant", "2.0"].map((segment) => stringOption(11, segment));
  for (let num = 0; num < 5_000; num++) {
    const read = known.read(START, "peer", messageWith(1, [...path, uintOption(23, (num << 4) | 6)]), 1_000);
    assert.ok(read.ok);
    assert.equal([read.value.path, read.value.block2], [["fw", "ant", "2.0"], { num, more: false, szx: 6 }]);
  }
  assert.is(known.size, 1);
});

knownOptions("what is known shares no memory with the datagram that it was read from", () => {
  const known = new KnownOptions();
  const options = [{ number: 4, value: Uint8Array.of(1, 2, 3) }];
  const first = messageWith(1, options);
  known.read(START, "peer", first, 1_000);
  first.bytes.fill(0xee);
  const read = known.read(START, "peer", messageWith(1, options), 1_000);
  assert.is(read.ok && toHex(read.value.etags[0]!), "010203");
});

knownOptions("KNOWN_OPTIONS_MAX different options are known, and one more puts out all of them", () => {
  const known = new KnownOptions();
  const readPath = (number: number) =>
    known.read(START, "peer", messageWith(1, [stringOption(11, `p${number}`)]), 1_000);
  for (let number = 0; number < KNOWN_OPTIONS_MAX; number++) readPath(number);
  const full = known.size;
  assert.ok(full > KNOWN_OPTIONS_MAX / 2 && full <= KNOWN_OPTIONS_MAX);
  for (let number = KNOWN_OPTIONS_MAX; number < 3 * KNOWN_OPTIONS_MAX; number++) {
    readPath(number);
    assert.ok(known.size <= KNOWN_OPTIONS_MAX);
  }
  assert.ok(readPath(7).ok);
});

knownOptions("KNOWN_OPTIONS_LENGTH_MAX bytes are known at the most, however much a request reads into", () => {
  const known = new KnownOptions();
  let most = 0;
  for (let number = 0; number < 4_000; number++) {
    const path = Array.from({ length: 12 }, (_, i) => stringOption(11, `p${number}-${i}`));
    known.read(START, "peer", messageWith(1, path), 1_000);
    assert.ok(known.length <= KNOWN_OPTIONS_LENGTH_MAX);
    most = Math.max(most, known.length);
  }
  assert.ok(most > 0.9 * KNOWN_OPTIONS_LENGTH_MAX && known.size < KNOWN_OPTIONS_MAX / 2);
});

knownOptions("of a request with a payload the options are counted and nothing else", () => {
  const lengths = [0, 60_000].map((length) => {
    const known = new KnownOptions();
    const payload = new Uint8Array(length);
    const options = [stringOption(11, "fw")];
    const decoded = decodeMessage(
      encodeMessage({ type: "CON", code: 1, messageId: 1, token: EMPTY, options, payload }),
    );
    assert.ok(decoded.ok && known.read(START, "peer", decoded.value, 1_000).ok);
    return known.length;
  });
  assert.ok(lengths[0]! > 0);
  assert.is(lengths[1], lengths[0]);
});

knownOptions("a request of very many values is read each time, and not known", () => {
  const known = new KnownOptions();
  const queries = Array.from({ length: 20 }, () => stringOption(15, "a"));
  assert.ok(known.read(START, "peer", messageWith(1, queries), 1_000).ok);
  assert.equal([known.size, known.length], [0, 0]);
});

knownOptions("RFC 7252 4.8.2: what nobody asks for during EXCHANGE_LIFETIME goes, what is asked for stays", () => {
  const known = new KnownOptions();
  const read = (at: number, path: string) => {
    known.read(instant(at), "peer", messageWith(1, [stringOption(11, path)]), 1_000);
    return known.size;
  };
  assert.equal([read(0, "asked"), read(0, "once")], [1, 2]);
  known.handleTimeout(instant(EXCHANGE_LIFETIME_MS - 1));
  assert.is(known.size, 2);
  known.handleTimeout(known.pollTimeout()!);
  assert.is(read(EXCHANGE_LIFETIME_MS + 1, "asked"), 2);
  known.handleTimeout(known.pollTimeout()!);
  assert.is(known.size, 1);
  known.handleTimeout(known.pollTimeout()!);
  assert.equal([known.size, known.length, known.pollTimeout()], [0, 0, undefined]);
});

knownOptions.run();
