// FirmwareDevice against a server played by hand. How it does with FirmwareServer is in test/pair.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, instant } from "../../src/base/instant.ts";
import { Secret } from "../../src/base/secret.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import { type DeviceEvent, FirmwareDevice, type FirmwareDeviceInput } from "../../src/device/firmware-device.ts";
import { lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { IDENTITY, PSK_CCM_8, SERVER_ADDRESS } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const device = suite("firmware-device");

/** The server of one device on plain CoAP. In its lines `*` stands for the Message ID and `T=*` for the token asked with. */
class HandServer {
  now = instant(1_000_000);
  readonly device: FirmwareDevice;
  #request: Message | undefined;

  constructor(input: Partial<FirmwareDeviceInput> = {}) {
    this.device = new FirmwareDevice(this.now, {
      server: SERVER_ADDRESS,
      path: ["fw", "hub", "1.0"],
      queries: [],
      blockSize: 64,
      random: new SeededRandom(1),
      ...input,
    });
  }

  /** The next message of the device, without Message ID and token. */
  hears(): string | undefined {
    const datagram = this.device.pollTransmit();
    if (datagram === undefined) return undefined;
    const decoded = decodeMessage(datagram) as { readonly value: Message };
    if (decoded.value.code !== 0) this.#request = decoded.value;
    return lineFromMessage(decoded.value)
      .replace(/ [0-9a-f]{4} /, " ")
      .replace(/ T=\w+/, "");
  }

  says(line: string): void {
    const { messageId, token } = this.#request!;
    const message = messageFromLine(line.replace(" T=*", ""), messageId);
    const datagram = encodeMessage(line.includes(" T=*") ? { ...message, token } : message);
    this.device.handleDatagram(this.now, datagram);
  }

  waits(ms: number): void {
    this.now = addMs(this.now, ms);
    this.device.handleTimeout(this.now);
  }

  /** Passes every deadline until there is none. */
  waitsForEver(): void {
    for (let due = this.device.pollTimeout(); due !== undefined; due = this.device.pollTimeout()) {
      this.waits(due - this.now);
    }
  }

  events(): DeviceEvent[] {
    const events: DeviceEvent[] = [];
    for (let event = this.device.pollEvent(); event !== undefined; event = this.device.pollEvent()) events.push(event);
    return events;
  }
}

const FIRST_REQUEST = "CON GET /fw/hub/1.0 2:0/0/64 Size2=0";

device(
  "on plain CoAP the first request leaves at once, with path, query, block size and the question for the length",
  () => {
    assert.is(new HandServer().hears(), FIRST_REQUEST);
    assert.is(new HandServer({ queries: ["offset=5"] }).hears(), "CON GET /fw/hub/1.0 ?offset=5 2:0/0/64 Size2=0");
  },
);

device("each block is an event and leads to the next request; the last one to done", () => {
  const server = new HandServer();
  server.hears();
  server.says("ACK * 2.05 T=* ETag=01 2:0/1/64 Size2=65 [64 bytes]");
  assert.is(server.hears(), "CON GET /fw/hub/1.0 2:1/0/64");
  server.says("ACK * 2.05 T=* ETag=01 2:1/0/64 [1 bytes]");
  assert.equal(
    server.events().map((event) => (event.kind === "block" ? `${event.offset} of ${event.total}` : event.kind)),
    ["0 of 65", "64 of 65", "done"],
  );
  assert.equal([server.hears(), server.device.pollTimeout()], [undefined, undefined]);
  assert.equal(server.device.statistics, { blocks: 2, retransmissions: 0 });
});

device("RFC 7252 5.2.2: a block may come as a separate response, which is acknowledged", () => {
  const server = new HandServer();
  server.hears();
  server.says("ACK * EMPTY");
  server.says("CON 77 2.05 T=* [10 bytes]");
  assert.is(server.hears(), "ACK EMPTY");
  assert.equal(
    server.events().map(({ kind }) => kind),
    ["block", "done"],
  );
});

device("RFC 7252 4.2: a request that is reset is refused", () => {
  const server = new HandServer();
  server.hears();
  server.says("RST * EMPTY");
  assert.equal(server.events(), [{ kind: "refused", detail: "the server rejected the request (RST)" }]);
});

device("RFC 7252 4.2: an unanswered request leaves five times, and then is given up", () => {
  const server = new HandServer();
  server.waitsForEver();
  let requestCount = 0;
  while (server.hears() !== undefined) requestCount++;
  assert.is(requestCount, 5);
  assert.equal(server.events(), [{ kind: "unanswered" }]);
});

device("an answer after the end, and one after close(), changes nothing", () => {
  const server = new HandServer();
  server.hears();
  server.device.close();
  server.says("ACK * 2.05 T=* 2:0/1/64 [64 bytes]");
  assert.equal([server.hears(), server.events(), server.device.pollTimeout()], [undefined, [], undefined]);
  assert.is(server.device.statistics.blocks, 0);
});

device("an early handleTimeout does nothing", () => {
  const server = new HandServer();
  server.hears();
  const due = server.device.pollTimeout();
  server.waits(1);
  assert.equal([server.hears(), server.device.pollTimeout()], [undefined, due]);
});

device("a device that closes during its handshake sends nothing more and says nothing", () => {
  const security = { identity: IDENTITY, key: new Secret(Uint8Array.of(1)), cipherSuites: [PSK_CCM_8] };
  const server = new HandServer({ security });
  assert.ok(server.device.pollTransmit() !== undefined);
  server.device.close();
  server.waitsForEver();
  assert.equal([server.device.pollTransmit(), server.events()], [undefined, []]);
});

device("nothing that comes makes a device throw, and its request stays its own", () => {
  const random = new SeededRandom(5);
  const server = new HandServer();
  server.hears();
  for (let count = 0; count < 2_000; count++) {
    const garbage = new Uint8Array(random.below(60));
    random.fill(garbage);
    server.device.handleDatagram(server.now, garbage);
  }
  assert.equal(server.events(), []);
  server.says("ACK * 2.05 T=* [10 bytes]");
  assert.equal(
    server.events().map(({ kind }) => kind),
    ["block", "done"],
  );
});

device.run();
