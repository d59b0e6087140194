// Errands of a device against a server played by hand on plain CoAP. How it does with FirmwareServer is in test/pair.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, instant } from "../../src/base/instant.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import type { DeviceEvent } from "../../src/device/device-event.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { ERRAND_ANSWER_LENGTH_MAX } from "../../src/device/errand.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { ServerContact } from "../../src/device/server-contact.ts";
import { lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { SERVER_ADDRESS } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const test = suite("server-contact");

class HandServer {
  now = instant(1_000_000);
  readonly contact = new ServerContact(this.now, {
    crypto: CRYPTO,
    server: SERVER_ADDRESS,
    dialect: { ...dialectNamed("own"), blockSize: 64, window: 1 },
    random: new SeededRandom(1),
  });
  #request: Message | undefined;

  posts(text: string): void {
    this.contact.request(this.now, { code: Code.POST, path: ["t"], payload: toUtf8(text) });
  }

  /** With its Message ID, without its token. */
  hears(): string | undefined {
    const datagram = this.contact.pollTransmit();
    if (datagram === undefined) return undefined;
    const decoded = decodeMessage(datagram) as { readonly value: Message };
    this.#request = decoded.value;
    return lineFromMessage(decoded.value).replace(/ T=\w+/, "");
  }

  says(line: string): void {
    const { messageId, token } = this.#request!;
    this.contact.handleDatagram(this.now, encodeMessage({ ...messageFromLine(line, messageId), token }));
  }

  waits(ms: number): void {
    this.now = addMs(this.now, ms);
    this.contact.handleTimeout(this.now);
  }

  event(): DeviceEvent | undefined {
    return this.contact.pollEvent();
  }
}

test("RFC 7252 4.2: an errand keeps its Message ID when it is sent again, first after what is known of the link", () => {
  const server = new HandServer();
  server.posts("nonce");
  const first = server.hears();
  assert.match(first!, /^CON [0-9a-f]{4} POST \/t "nonce"$/);
  // Nothing is known: our own device's first timeout, of up to one and a half times as long.
  server.waits(8_999);
  assert.is(server.hears(), undefined);
  server.waits(4_501);
  assert.is(server.hears(), first);
  server.says('ACK * 2.05 "ticket"');
  const event = server.event() as Extract<DeviceEvent, { kind: "answered" }>;
  assert.equal([event.code, fromUtf8(event.payload)], [Code.CONTENT, "ticket"]);
  assert.not.ok(server.contact.isBusy);
  assert.is(server.contact.pollTimeout(), undefined);
});

test("RFC 7959 3.3: the further blocks of an answer are asked for without the body, and gathered", () => {
  const server = new HandServer();
  server.posts("nonce");
  server.hears();
  server.says("ACK * 2.05 2:0/1/64 [64 bytes]");
  assert.match(server.hears()!, /^CON [0-9a-f]{4} POST \/t 2:1\/0\/64$/);
  server.says('ACK * 2.05 2:1/0/64 "end"');
  const event = server.event() as Extract<DeviceEvent, { kind: "answered" }>;
  assert.is(event.payload.length, 67);
});

test("a block that was not asked for, and an answer that is too long, are refused", () => {
  const server = new HandServer();
  server.posts("nonce");
  server.hears();
  server.says("ACK * 2.05 2:1/1/64 [64 bytes]");
  assert.equal(server.event(), { kind: "refused", detail: "a block that was not asked for" });
  server.posts("nonce");
  for (let block = 0; block < ERRAND_ANSWER_LENGTH_MAX / 1024; block++) {
    server.hears();
    server.says(`ACK * 2.05 2:${block}/1/1024 [1024 bytes]`);
  }
  server.hears();
  server.says(`ACK * 2.05 2:${ERRAND_ANSWER_LENGTH_MAX / 1024}/0/1024 [1 bytes]`);
  assert.equal(server.event(), { kind: "refused", detail: `an answer of more than ${ERRAND_ANSWER_LENGTH_MAX} bytes` });
});

test("a download follows an errand, and an errand the download", () => {
  const server = new HandServer();
  server.posts("first");
  server.hears();
  server.says("ACK * 2.04");
  assert.is(server.event()!.kind, "answered");
  const slot = new MemoryFlash(4_096, 1_024);
  const progress = new MemoryFlash(3 * 1_024, 1_024);
  server.contact.download(server.now, { path: ["fw", "hub", "1.0"], queries: [], slot, progress });
  assert.match(server.hears()!, /GET \/fw\/hub\/1.0/);
  server.says("ACK * 2.05 ETag=01 2:0/0/64 [10 bytes]");
  assert.equal([server.event()!.kind, server.event()!.kind], ["block", "done"]);
  server.posts("second");
  assert.match(server.hears()!, /POST \/t "second"$/);
});

test("an errand that nobody answers is asked anew as often as the device reconnects, and then given up", () => {
  const server = new HandServer();
  server.posts("nonce");
  const messageIds = new Set<string>();
  for (let due = server.contact.pollTimeout(); due !== undefined; due = server.contact.pollTimeout()) {
    for (let line = server.hears(); line !== undefined; line = server.hears()) messageIds.add(line.slice(4, 8));
    server.waits(due - server.now);
  }
  assert.is(messageIds.size, 1 + dialectNamed("own").reconnections);
  const kinds: string[] = [];
  for (let event = server.event(); event !== undefined; event = server.event()) kinds.push(event.kind);
  assert.is(kinds.at(-1), "unanswered");
});

test.run();
