import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../src/base/instant.ts";
import { MessageIds } from "../../src/coap/message-ids.ts";
import { ENTRY_OVERHEAD_LENGTH, EXCHANGE_LIFETIME_MS } from "../../src/coap/parameters.ts";

const ids = suite("message-ids");

const ALL_ONES = { fill: (target: Uint8Array) => void target.fill(0xff) };
const START = instant(0);

ids("RFC 7252 4.4: a random first Message ID, then one after the other, wrapping at 16 bits", () => {
  const messageIds = new MessageIds<string>(ALL_ONES, 10_000);
  assert.equal(
    [1, 2, 3].map(() => messageIds.take(START, "a")),
    [0xffff, 0, 1],
  );
});

ids("RFC 7252 4.4: no Message ID comes twice within EXCHANGE_LIFETIME, each association counting for itself", () => {
  const messageIds = new MessageIds<string>(ALL_ONES, 10_000);
  const seen = new Set(Array.from({ length: 65_536 }, () => messageIds.take(START, "a")));
  assert.is(seen.size, 65_536);
  assert.is(messageIds.take(START, "b"), 0xffff);
});

ids("an association that is silent for EXCHANGE_LIFETIME costs nothing any more", () => {
  const messageIds = new MessageIds<string>(ALL_ONES, 10_000);
  messageIds.take(START, "a");
  messageIds.handleTimeout(instant(EXCHANGE_LIFETIME_MS));
  assert.equal([messageIds.associationCount, messageIds.pollTimeout()], [0, undefined]);
});

ids("associations beyond the limit drop the one that was silent longest", () => {
  const messageIds = new MessageIds<number>(ALL_ONES, 3 * ENTRY_OVERHEAD_LENGTH);
  for (let association = 0; association < 10; association++) messageIds.take(START, association);
  assert.is(messageIds.associationCount, 3);
});

ids.run();
