// Thirteen inputs at which servers differ, as raw datagrams to `serve --coap`. Bytes are written by hand, fields apart:
//   Ver/T/TKL  Code  Message ID  Token  Options  0xff Payload

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { servedFor } from "../support/serving.ts";

/** Uri-Path "fw", "boat", "1": option deltas 11, 0 and 0. */
const PATH = "b2 6677  04 626f6174  01 31";
const PATH_2 = "b2 6677  04 626f6174  01 32";
const PING = "40 00 7fff";
const RESET_OF_PING = "70 00 7fff";
const ANSWER_LIMIT_MS = 10_000;

const image = sampleBytes(11, 1000);
const swapped = image.slice();
// The same 16-bit words in another order: an ETag made from a sum of them would not see it.
swapped.set([...image.subarray(2, 4), ...image.subarray(0, 2)]);

interface Wire {
  socket: Socket;
}

const test = suite<Wire>("malformed-requests");
const serving = servedFor(test, { images: { "1": image, "2": swapped }, flags: ["--coap"] });

test.before.each(async (wire) => {
  wire.socket = createSocket("udp4");
  wire.socket.connect(serving().coapPort, "127.0.0.1");
  await once(wire.socket, "connect");
});

test.after.each(({ socket }) => {
  socket.close();
});

/** Sends hex digits and gives the first answer as hex digits. */
async function answerTo(socket: Socket, hex: string): Promise<string> {
  socket.send(fromHex(hex)!);
  const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })) as [Buffer];
  return toHex(answer);
}

/** Sends hex digits that get no answer: what comes first is the answer to a ping sent after them. */
async function isIgnored(socket: Socket, hex: string): Promise<void> {
  socket.send(fromHex(hex)!);
  assert.is(await answerTo(socket, PING), bare(RESET_OF_PING));
}

function bare(hex: string): string {
  return hex.replaceAll(" ", "");
}

function etagOf(answer: string): string {
  // An ETag of eight bytes is the first option of an answer to a request with an empty token.
  const etag = /^6045000.48(.{16})/.exec(answer)?.[1];
  assert.ok(etag, `no ETag in ${answer}`);
  return etag as string;
}

test("RFC 7252 4.3: a ping gets a Reset of four bytes", async ({ socket }) => {
  assert.is(await answerTo(socket, "40 00 1234"), bare("70 00 1234"));
});

test("RFC 7252 5.4.1: unknown critical option 65001 gets 4.02", async ({ socket }) => {
  // Delta 65001 - 11 = 269 + 64721.
  assert.match(await answerTo(socket, `41 01 1234 aa  ${PATH} e0 fcd1`), /^61821234aa/);
});

test("RFC 7252 3: a token length of 9 in a CON gets a Reset", async ({ socket }) => {
  assert.is(await answerTo(socket, `49 01 1234 010203040506070809  ${PATH}`), bare("70 00 1234"));
});

test("RFC 7252 3: a payload marker without a payload in a CON gets a Reset", async ({ socket }) => {
  assert.is(await answerTo(socket, `40 01 1234  ${PATH} ff`), bare("70 00 1234"));
});

test("RFC 7252 3: version 2 gets silence", async ({ socket }) => {
  await isIgnored(socket, `80 01 1234  ${PATH}`);
});

test("RFC 7252 3: garbage gets silence", async ({ socket }) => {
  await isIgnored(socket, "ff fe fd fc fb fa 00 11 22 33 44 55 66 77 88 99");
});

test("RFC 7252 3: a datagram of one byte gets silence", async ({ socket }) => {
  await isIgnored(socket, "40");
});

test("RFC 7252 4.1: an Empty CON with bytes behind it gets a Reset", async ({ socket }) => {
  assert.is(await answerTo(socket, "40 00 1234 aabb"), bare("70 00 1234"));
});

test("RFC 7252 5.8: method 0.31 gets 4.05", async ({ socket }) => {
  assert.match(await answerTo(socket, `40 1f 1234  ${PATH}`), /^60851234/);
});

test("RFC 7252 4.2: a response in a CON gets a Reset", async ({ socket }) => {
  assert.is(await answerTo(socket, "41 45 1234 aa ff 01"), bare("70 00 1234"));
});

test("RFC 7959 2.2: SZX 7 gets 4.00", async ({ socket }) => {
  // Block2 is 23: delta 12.
  assert.match(await answerTo(socket, `40 01 1234  ${PATH} c1 07`), /^60801234/);
});

test("RFC 7959 2.2: a block number past the end of the image gets 4.00", async ({ socket }) => {
  assert.match(await answerTo(socket, `40 01 1234  ${PATH} c2 03e6`), /^60801234/);
});

test("RFC 7959 2.4: a new token for each block brings one body", async ({ socket }) => {
  const blocks: string[] = [];
  for (const num of [0, 1]) {
    const block2 = toHex(Uint8Array.of(num * 16 + 5));
    const answer = await answerTo(socket, `41 01 000${num} 0${num}  ${PATH} c1 ${block2}`);
    assert.ok(answer.startsWith(`6145000${num}0${num}`), answer);
    blocks.push(answer.slice(-2 * (num === 0 ? 512 : image.length - 512)));
  }
  assert.is(blocks.join(""), toHex(image));
});

test("RFC 7959 2.4: images with swapped 16-bit words have distinct ETags", async ({ socket }) => {
  const [first, second] = [
    await answerTo(socket, `40 01 0001  ${PATH}`),
    await answerTo(socket, `40 01 0002  ${PATH_2}`),
  ];
  assert.is.not(etagOf(first), etagOf(second));
});

test("RFC 7252 4.5: a duplicate gets the same bytes", async ({ socket }) => {
  const request = `41 01 1234 aa  ${PATH} c1 06`;
  const first = await answerTo(socket, request);
  assert.is(await answerTo(socket, request), first);
});

test.run();
