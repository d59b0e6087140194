import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Discard } from "../../../src/dtls/errors.ts";
import { Reassembly } from "../../../src/dtls/handshake/reassembly.ts";
import {
  HANDSHAKE_FRAGMENTS_MAX,
  HANDSHAKE_HELD_LENGTH_MAX,
  HANDSHAKE_MESSAGES_AHEAD_MAX,
} from "../../../src/dtls/parameters.ts";

const reassembly = suite("reassembly");

const BODY = Uint8Array.from({ length: 100 }, (_, i) => i);
const TYPE = 16;

function add(into: Reassembly, start: number, end: number, messageSeq = 0, body = BODY): Discard | undefined {
  return into.add({
    type: TYPE,
    length: body.length,
    messageSeq,
    fragmentOffset: start,
    body: body.subarray(start, end),
  });
}

reassembly("RFC 6347 4.2.2: a whole message is given at once, and the next number is due", () => {
  const messages = new Reassembly(5);
  assert.is(add(messages, 0, 100, 5), undefined);
  assert.equal(messages.take(), { type: TYPE, messageSeq: 5, body: BODY });
  assert.is(messages.nextMessageSeq, 6);
  assert.is(messages.take(), undefined);
});

reassembly("RFC 6347 4.2.2: a message without a body is whole", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 0, 0, new Uint8Array(0));
  assert.is(messages.take()?.body.length, 0);
});

reassembly("RFC 6347 4.2.3: fragments in any order, overlapping, repeated, give the message once", () => {
  const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })), {
    maxLength: 25,
  });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 99 }), (random, cut) => {
      const messages = new Reassembly(0);
      const seen = new Set<number>();
      for (const [a, b] of [...random, [cut, 100] as const, [0, cut] as const]) {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        add(messages, start, end);
        for (let i = start; i < end; i++) seen.add(i);
        const message = messages.take();
        assert.is(message !== undefined, seen.size === 100);
        if (message === undefined) continue;
        assert.equal(message.body, BODY);
        return;
      }
    }),
    { seed: 423, numRuns: 300 },
  );
});

reassembly("RFC 6347 4.2.2: messages come out in the order of message_seq, whatever order they came in", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
      const messages = new Reassembly(0);
      const taken: number[] = [];
      for (const messageSeq of order) {
        add(messages, 0, 100, messageSeq);
        for (let message = messages.take(); message; message = messages.take()) taken.push(message.messageSeq);
      }
      assert.equal(taken, [0, 1, 2, 3]);
    }),
    { seed: 422, numRuns: 50 },
  );
});

reassembly("RFC 6347 4.2.2: a message that was taken is a repetition", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 100);
  messages.take();
  assert.is(add(messages, 0, 100), "handshakeRepeated");
});

reassembly("RFC 6347 4.2.3: a fragment of another total length contradicts the first", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 50);
  assert.is(add(messages, 50, 90, 0, BODY.subarray(0, 90)), "fragmentInconsistent");
  add(messages, 50, 100);
  assert.equal(messages.take()?.body, BODY);
});

reassembly("RFC 6347 4.2.3: a fragment of another type contradicts the first", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 50);
  const other = { type: 20, length: 100, messageSeq: 0, fragmentOffset: 50, body: BODY.subarray(50) };
  assert.is(messages.add(other), "fragmentInconsistent");
});

reassembly("HANDSHAKE_MESSAGES_AHEAD_MAX: what is further ahead is dropped", () => {
  const messages = new Reassembly(2);
  assert.is(add(messages, 0, 100, 1 + HANDSHAKE_MESSAGES_AHEAD_MAX), undefined);
  assert.is(add(messages, 0, 100, 2 + HANDSHAKE_MESSAGES_AHEAD_MAX), "fragmentTooFar");
});

reassembly(
  "HANDSHAKE_FRAGMENTS_MAX: a message cut finer is begun anew, so that a repetition in order gets through",
  () => {
    const messages = new Reassembly(0);
    for (let i = 0; i < HANDSHAKE_FRAGMENTS_MAX; i++) assert.is(add(messages, 2 * i, 2 * i + 1), undefined);
    assert.is(add(messages, 99, 100), "fragmentTooFar");
    add(messages, 0, 60);
    assert.is(messages.take(), undefined);
    add(messages, 60, 100);
    assert.equal(messages.take()?.body, BODY);
  },
);

reassembly("what was gathered ahead is forgotten at a change of epoch", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 100, 1);
  messages.dropIncomplete();
  add(messages, 0, 100, 0);
  messages.take();
  assert.is(messages.take(), undefined);
});

reassembly("RFC 6347 4.2.1: after HelloVerifyRequest another number may be due", () => {
  const messages = new Reassembly(0);
  add(messages, 0, 50, 0);
  messages.skipTo(1);
  assert.is(add(messages, 0, 100, 0), "handshakeRepeated");
  add(messages, 0, 100, 1);
  assert.is(messages.take()?.messageSeq, 1);
});

reassembly("a message shares no memory with the datagrams that it came in", () => {
  const messages = new Reassembly(0);
  const datagram = Uint8Array.from(BODY);
  add(messages, 0, 100, 0, datagram);
  datagram.fill(0);
  assert.equal(messages.take()?.body, BODY);
});

reassembly("HANDSHAKE_HELD_LENGTH_MAX bytes are held; what is ahead gives way to the message that is due", () => {
  const messages = new Reassembly(0);
  const body = new Uint8Array(HANDSHAKE_HELD_LENGTH_MAX / 3);
  assert.equal(
    [1, 2, 3].map((messageSeq) => add(messages, 0, 1, messageSeq, body)),
    [undefined, undefined, undefined],
  );
  assert.is(add(messages, 0, 100), undefined);
  assert.equal(messages.take()?.body, BODY);
  assert.is(add(messages, 0, 1, 1, body), undefined);
  assert.is(add(messages, 0, 1, 2, body), undefined);
  assert.is(add(messages, 0, 1, 3, body), undefined);
  assert.is(add(messages, 0, 1, 4, body), "fragmentTooFar");
});

reassembly.run();
