import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { TransmitQueue } from "../../src/server/transmit-queue.ts";

const queue = suite("transmit-queue");

const PEER = peerAddress("192.0.2.1", 5684);

/** Everything that waits, as text. */
function drained(transmits: TransmitQueue): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let next = transmits.shift(); next !== undefined; next = transmits.shift()) texts.push(fromUtf8(next.datagram));
  return texts;
}

queue("what is polled after each datagram is never copied", () => {
  const transmits = new TransmitQueue();
  const answers = toUtf8("one");
  transmits.borrow("coap", PEER, answers);
  assert.is(transmits.shift()?.datagram, answers);
});

queue("an answer that waits keeps its bytes when the next one is written over them", () => {
  const transmits = new TransmitQueue();
  const answers = toUtf8("one");
  transmits.borrow("coaps", PEER, answers);
  transmits.keepBorrowed();
  answers.set(toUtf8("two"));
  transmits.borrow("coaps", PEER, answers);
  assert.equal(drained(transmits), ["one", "two"]);
});

queue("an answer that was polled is not kept: its array is the next answer's", () => {
  const transmits = new TransmitQueue();
  const answers = toUtf8("one");
  transmits.borrow("coaps", PEER, answers);
  const polled = transmits.shift()!;
  transmits.keepBorrowed();
  assert.is(polled.datagram, answers);
});

queue("what is pushed and what is borrowed leave in one order, each by its own port", () => {
  const transmits = new TransmitQueue();
  transmits.push("coaps", PEER, toUtf8("flight"));
  transmits.borrow("coap", PEER, toUtf8("answer"));
  assert.equal([transmits.shift()?.scheme, transmits.shift()?.scheme, transmits.shift()], ["coaps", "coap", undefined]);
});

queue.run();
