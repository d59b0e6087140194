import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../src/base/instant.ts";
import { AnsweredExchanges } from "../../src/coap/answered-exchanges.ts";

const answered = suite("answered-exchanges");

const SLOT_LENGTH = 96;
const EXCHANGE_OVERHEAD_LENGTH = 88;

answered("room doubles with use, and never beyond what may be remembered", () => {
  const exchanges = new AnsweredExchanges(8);
  const slots: number[] = [];
  for (let messageId = 1; messageId <= 9; messageId++) {
    exchanges.put(messageId, instant(1_000), Uint8Array.of(1), Uint8Array.of(2));
    slots.push((exchanges.length - exchanges.count * EXCHANGE_OVERHEAD_LENGTH) / SLOT_LENGTH);
  }
  assert.equal(slots, [1, 3, 3, 7, 7, 7, 7, 8, 8]);
});

answered.run();
