// Seeded mutation of sample datagrams against the codec and the server. A failure prints its seed and datagram.

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { CoapClient } from "../../src/coap/coap-client.ts";
import { CoapServer } from "../../src/coap/coap-server.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import type { MessageType } from "../../src/coap/message-type.ts";
import { inOrder } from "../../src/coap/option.ts";
import { countingBytes } from "../support/coap-line.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const fuzz = suite("coap-message");

const SEED = 20_261_121;
const SAMPLE_COUNT = 100_000;

const SAMPLES = [
  "41 01 1234 ab b2 6677 c1 02", // GET /fw, Block2
  "48 01 1234 0102030405060708 3b 6578616d706c652e6f7267 82 6677 03 687562 41 61 81 2a 61 0e 50", // all sorts of options
  "40 02 0001 b1 72 d1 03 08 ff 000102030405060708090a0b0c0d0e0f", // POST /r, Block1 0/1/16
  "40 02 0002 b1 72 d1 03 10 ff 0001", // Block1 1/0/16
  "50 01 0003 b1 72", // NON
  "60 00 0000", // ACK
  "70 00 0000", // RST
  "40 00 0004", // ping
  "44 45 0005 01020304 c1 2a ff 00", // a response
  "40 01 0006 b1 72 e0 fe d0 01", // a large option number
].map((hex) => fromHex(hex)!);

function mutated(random: SeededRandom): Uint8Array {
  let bytes = new Uint8Array(SAMPLES[random.below(SAMPLES.length)]!);
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    const kind = random.below(4);
    if (kind === 0) bytes = bytes.slice(0, at);
    else if (kind === 1) bytes = Uint8Array.of(...bytes.subarray(0, at), random.below(256), ...bytes.subarray(at));
    else if (kind === 2 && at < bytes.length) bytes[at] = random.below(256);
    else if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
  }
  return bytes;
}

/** Runs `check` on each mutated datagram, with replay data in any failure. */
function forEachMutation(check: (datagram: Uint8Array, step: number) => void): void {
  const random = new SeededRandom(SEED);
  for (let step = 0; step < SAMPLE_COUNT; step++) {
    const datagram = mutated(random);
    try {
      check(datagram, step);
    } catch (cause) {
      throw new Error(`seed ${SEED}, step ${step}, datagram ${toHex(datagram)}`, { cause });
    }
  }
}

const opaque = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

const messages: fc.Arbitrary<Message> = fc.record({
  type: fc.constantFrom<MessageType>("CON", "NON", "ACK", "RST"),
  code: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0x40, max: 0xbf })),
  messageId: fc.nat(65_535),
  token: opaque(8),
  options: fc.array(fc.record({ number: fc.nat(65_535), value: opaque(300) }), { maxLength: 20 }).map(inOrder),
  payload: opaque(100),
});

fuzz("any message comes back from its encoding as it was", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const decoded = decodeMessage(encodeMessage(message));
      assert.ok(decoded.ok);
      assert.is(describe((decoded as { value: Message }).value), describe(message));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

function describe({ type, code, messageId, token, options, payload }: Message): string {
  const optionTexts = options.map(({ number, value }) => `${number}=${toHex(value)}`);
  return JSON.stringify([type, code, messageId, toHex(token), optionTexts, toHex(payload)]);
}

fuzz("decoding never throws, and what it reads is stable under encoding", () => {
  let readable = 0;
  forEachMutation((datagram) => {
    const first = decodeMessage(datagram);
    if (!first.ok) return;
    readable++;
    const second = decodeMessage(encodeMessage(first.value));
    assert.is(second.ok && describe(second.value), describe(first.value));
  });
  // Mutation that breaks nearly everything, or next to nothing, would test little.
  assert.ok(readable > SAMPLE_COUNT / 4 && readable < SAMPLE_COUNT);
});

fuzz("a server answers no ACK and no RST, at most one message each, and keeps to its limits", () => {
  const body = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(3_000), Uint8Array.of(1));
  const lengthMax = 20_000;
  let sent = 0;
  const server = new CoapServer<number>({
    random: new SeededRandom(1),
    limits: {
      resendLengthMax: lengthMax,
      gatheredLengthMax: lengthMax,
      answerBodyLengthMax: lengthMax,
      messageIdLengthMax: lengthMax,
    },
    handler: {
      admit: () => 1_000,
      handle: (_now, { payload }) => (payload.length % 2 === 0 ? { body } : { code: Code.CHANGED }),
    },
    outlet: {
      transmit: (_now, _association, answer) => {
        sent++;
        assert.ok(decodeMessage(answer).ok && answer.length <= 1_100);
      },
      blockServed: () => {},
      answerResent: () => {},
      asked: () => {},
      counted: () => {},
    },
  });
  forEachMutation((datagram, step) => {
    sent = 0;
    server.handleDatagram(instant(step * 20), step % 7, datagram, 1_100);
    server.handleTimeout(instant(step * 20));
    const answerable = datagram.length >= 4 && ((datagram[0]! >> 4) & 0b11) < 2;
    assert.ok(sent <= (answerable ? 1 : 0));
    assert.ok(server.rememberedLength <= 4 * lengthMax);
  });
});

fuzz("a client survives whatever comes, and fails its request in the end", () => {
  const outcomes: string[] = [];
  const client = new CoapClient({
    random: { fill: (target) => void target.fill(0xf7) },
    outlet: {
      transmit: () => {},
      acknowledged: () => {},
      response: () => void outcomes.push("response"),
      requestFailed: (_now, _id, reason) => void outcomes.push(reason),
    },
  });
  client.request(instant(0), { code: Code.GET, path: ["fw"] });
  forEachMutation((datagram) => client.handleDatagram(instant(0), datagram));
  for (let due = client.pollTimeout(); due !== undefined; due = client.pollTimeout()) client.handleTimeout(due);
  assert.equal(outcomes, ["timeout"]);
});

fuzz.run();
