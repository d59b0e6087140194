import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Instant, instant } from "../../src/base/instant.ts";
import { SeparateResponses } from "../../src/coap/separate-responses.ts";
import { ZERO_RANDOM } from "../support/scripted-coap-peer.ts";

const separate = suite("separate-responses");

const START = instant(0);

function record(
  countMax: number,
  totalMax: number,
): { readonly sent: string[]; readonly responses: SeparateResponses<string> } {
  const sent: string[] = [];
  const outlet = {
    transmit: (_now: Instant, association: string, datagram: Uint8Array) =>
      void sent.push(`${association}${datagram[0]}`),
    gaveUp: (_now: Instant, association: string) => void sent.push(`${association} given up`),
  };
  return { sent, responses: new SeparateResponses({ countMax, totalMax }, outlet, ZERO_RANDOM) };
}

function send(responses: SeparateResponses<string>, association: string, messageId: number): boolean {
  return responses.send(START, association, messageId, Uint8Array.of(messageId));
}

separate("RFC 7252 4.7: one response of an association is in flight, the next goes when it is acknowledged", () => {
  const { sent, responses } = record(4, 10);
  for (const messageId of [1, 2, 3]) send(responses, "a", messageId);
  send(responses, "b", 1);
  assert.equal(sent, ["a1", "b1"]);
  assert.ok(responses.settle(START, "a", 1));
  assert.equal(sent, ["a1", "b1", "a2"]);
});

separate("RFC 7252 4.2: an ACK for what is not in flight settles nothing", () => {
  const { sent, responses } = record(4, 10);
  for (const messageId of [1, 2]) send(responses, "a", messageId);
  assert.equal([responses.settle(START, "a", 2), responses.settle(START, "b", 1)], [false, false]);
  assert.equal(sent, ["a1"]);
});

separate("a response that is given up makes room for the next", () => {
  const { sent, responses } = record(4, 10);
  for (const messageId of [1, 2]) send(responses, "a", messageId);
  for (let due = responses.pollTimeout()!; due <= 62_000; due = responses.pollTimeout()!) responses.handleTimeout(due);
  assert.equal(sent, ["a1", "a1", "a1", "a1", "a1", "a2", "a given up"]);
});

separate("countMax of one association: one more is dropped", () => {
  const { responses } = record(2, 10);
  assert.equal(
    [1, 2, 3].map((messageId) => send(responses, "a", messageId)),
    [true, true, false],
  );
});

separate("totalMax over all associations: one more is dropped, until one is acknowledged", () => {
  const { responses } = record(2, 3);
  for (const name of ["a", "b", "c"]) send(responses, name, 1);
  assert.not(send(responses, "d", 1));
  responses.settle(START, "a", 1);
  assert.ok(send(responses, "d", 1));
  assert.is(responses.total, 3);
});

separate("forget() drops what is in flight and what waits", () => {
  const { responses } = record(4, 10);
  for (const messageId of [1, 2]) send(responses, "a", messageId);
  responses.forget("a");
  responses.forget("never heard of");
  assert.equal([responses.total, responses.pollTimeout()], [0, undefined]);
});

separate.run();
