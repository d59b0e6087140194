// A device that asks for one block again and again on plain CoAP, as fast as it is answered: each answer is compared, and
// each request is repeated until it is answered.

import { createSocket } from "node:dgram";
import * as assert from "uvu/assert";
import { equal, toUtf8 } from "../../src/base/bytes.ts";

const WINDOW = 8;
const REPEAT_MS = 500;

export interface BlockLoad {
  /** Blocks that came, each as it must. */
  readonly blockCount: number;
  /** The longest that one took, in milliseconds. */
  readonly longestMs: number;
}

/** Asks for `path`, an image of one block, for so long. Fails where a block is another one, or does not come. */
export async function loadBlocks(
  port: number,
  path: string,
  block: Uint8Array,
  durationMs: number,
): Promise<BlockLoad> {
  const socket = createSocket("udp4");
  const asked = new Map<number, { readonly at: number; readonly request: Buffer }>();
  let [messageId, blockCount, longestMs] = [0, 0, 0];
  let isEnding = false;
  const ask = () => {
    messageId = (messageId + 1) & 0xffff;
    const options = path
      .split("/")
      .slice(1)
      .map((word, i) => optionOf(i === 0 ? 11 : 0, word));
    // RFC 7252 3: version 1, CON, no token; GET.
    const request = Buffer.concat([Buffer.of(0x40, 0x01, messageId >> 8, messageId & 0xff), ...options]);
    asked.set(messageId, { at: performance.now(), request });
    socket.send(request, port, "127.0.0.1");
  };
  socket.on("message", (answer) => {
    const id = answer.readUInt16BE(2);
    const question = asked.get(id);
    if (question === undefined) return;
    asked.delete(id);
    assert.ok(equal(answer.subarray(-block.length), block), "another block");
    blockCount++;
    longestMs = Math.max(longestMs, performance.now() - question.at);
    if (!isEnding) ask();
  });
  const repeats = setInterval(() => {
    for (const { request, at } of asked.values()) {
      if (performance.now() - at > REPEAT_MS) socket.send(request, port, "127.0.0.1");
    }
  }, REPEAT_MS);
  for (let i = 0; i < WINDOW; i++) ask();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  isEnding = true;
  for (let waited = 0; asked.size > 0 && waited < 10_000; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  clearInterval(repeats);
  socket.close();
  assert.is(asked.size, 0, "blocks that did not come");
  return { blockCount, longestMs };
}

function optionOf(delta: number, value: string): Buffer {
  const bytes = toUtf8(value);
  assert.ok(bytes.length < 13);
  return Buffer.concat([Buffer.of((delta << 4) | bytes.length), bytes]);
}
