// FirmwareDevice against a server played by hand. How it does with FirmwareServer is in test/pair.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { Secret } from "../../src/base/secret.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import type { DeviceEvent } from "../../src/device/device-event.ts";
import { DIALECT_NAMES, type Dialect, dialectNamed, dialectWith } from "../../src/device/dialect.ts";
import { FirmwareDevice, type FirmwareDeviceInput } from "../../src/device/firmware-device.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { IDENTITY, PSK_CCM_8, SERVER_ADDRESS } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const device = suite("firmware-device");

/** The server of one device on plain CoAP. In its lines `*` stands for the Message ID and `T=*` for the token asked with. */
class HandServer {
  now = instant(1_000_000);
  readonly device: FirmwareDevice;
  #request: Message | undefined;

  /** Our own device, one block of 64 bytes at a time, unless `dialect` says otherwise. */
  constructor(input: Partial<FirmwareDeviceInput> = {}, dialect: Partial<Dialect> = {}) {
    this.device = new FirmwareDevice(this.now, {
      crypto: CRYPTO,
      server: SERVER_ADDRESS,
      path: ["fw", "hub", "1.0"],
      queries: [],
      dialect: { ...dialectNamed("own"), blockSize: 64, window: 1, ...dialect },
      slot: new MemoryFlash(4_096, 1_024),
      progress: new MemoryFlash(3 * 1_024, 1_024),
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

  /** Never answers; when each request left until the device has ended. */
  timesOfRequests(): number[] {
    const times: number[] = [];
    for (;;) {
      while (this.hears() !== undefined) times.push(this.now);
      const due = this.device.pollTimeout();
      if (due === undefined) return times;
      this.waits(due - this.now);
    }
  }

  /** Passes every deadline until there is none. */
  waitsForEver(): void {
    for (let due = this.device.pollTimeout(); due !== undefined; due = this.device.pollTimeout()) {
      this.waits(due - this.now);
    }
  }

  /** All but what is told of a silence that goes on, which is test/pair/handshake-faults's matter. */
  events(): DeviceEvent[] {
    const events: DeviceEvent[] = [];
    for (let event = this.device.pollEvent(); event !== undefined; event = this.device.pollEvent()) events.push(event);
    return events.filter(({ kind }) => kind !== "silent");
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

device("RFC 7252 6.4: a server that has a name is asked for by it, in each request", () => {
  const server = new HandServer({ host: "fw.example" });
  assert.match(server.hears()!, /Uri-Host=/);
  server.says("ACK * 2.05 T=* ETag=01 2:0/1/64 [64 bytes]");
  assert.match(server.hears()!, /Uri-Host=/);
});

device("an image longer than is wanted is refused before it is fetched", () => {
  const server = new HandServer({ lengthMax: 64 });
  server.hears();
  server.says("ACK * 2.05 T=* ETag=01 2:0/1/64 Size2=65 [64 bytes]");
  assert.equal(server.events(), [{ kind: "refused", detail: "the image has 65 bytes, and the slot takes 64" }]);
});

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
  const { blocks, requests, retransmissions, duplicates, handshakes } = server.device.statistics;
  assert.equal([blocks, requests, retransmissions, duplicates, handshakes], [2, 2, 0, 0, 0]);
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

for (const name of ["zephyr", "riot", "libcoap"] as const) {
  device(
    `RFC 7252 4.2: ${name} sends an unanswered request five times, each wait twice the one before, and gives up`,
    () => {
      const server = new HandServer({}, dialectNamed(name));
      const sentAt = server.timesOfRequests();
      const first = sentAt[1]! - sentAt[0]!;
      assert.ok(first >= 2_000 && first <= 3_000);
      assert.equal(
        sentAt.map((at) => at - sentAt[0]!),
        [0, first, 3 * first, 7 * first, 15 * first],
      );
      assert.is(server.now - sentAt[0]!, 31 * first);
      assert.equal(server.events(), [{ kind: "unanswered" }]);
    },
  );
}

device("ncs begins three new associations from where it was, and then gives up", () => {
  const server = new HandServer({}, dialectNamed("ncs"));
  assert.is(server.timesOfRequests().length, 4 * 5);
  assert.equal(
    server.events().map(({ kind }) => kind),
    ["reconnecting", "reconnecting", "reconnecting", "unanswered"],
  );
});

for (const name of DIALECT_NAMES.filter((name) => name !== "own")) {
  device(`RFC 7252 4.7: ${name} has one request outstanding, and the next leaves with the answer`, () => {
    const server = new HandServer({}, dialectNamed(name));
    assert.ok(server.hears() !== undefined);
    assert.is(server.hears(), undefined);
    server.waits(700);
    server.says("ACK * 2.05 T=* ETag=01 2:0/1/64 [64 bytes]");
    assert.match(server.hears()!, / 2:1\/0\/64/);
    assert.is(server.hears(), undefined);
  });
}

device("RFC 7959 2.4: libcoap leaves the size of the first block to the server, and asks for the like of it", () => {
  const server = new HandServer({}, dialectNamed("libcoap"));
  assert.is(server.hears(), "CON GET /fw/hub/1.0");
  server.says("ACK * 2.05 T=* ETag=01 2:0/1/32 [32 bytes]");
  assert.match(server.hears()!, / 2:1\/0\/32/);
});

device("RFC 7959 2.4: libcoap that was told a block size asks for it at once", () => {
  const server = new HandServer({}, dialectWith(dialectNamed("libcoap"), { blockSize: 64 }));
  assert.match(server.hears()!, /^CON GET \/fw\/hub\/1.0 .*2:0\/0\/64/);
});

device("a timer that learns waits longer each time, five times, before the association is begun anew", () => {
  const server = new HandServer({}, { reconnections: 1 });
  const sentAt = server.timesOfRequests();
  assert.equal(
    sentAt.slice(0, 6).map((at) => at - sentAt[0]!),
    [0, 9_000, 27_000, 63_000, 135_000, 279_000],
  );
  assert.is(server.device.statistics.retransmissions, 10);
  assert.equal(
    server.events().map(({ kind }) => kind),
    ["reconnecting", "unanswered"],
  );
});

device("each block that comes gives back all the new associations that a device may try", () => {
  const server = new HandServer({}, { reconnections: 1 });
  const heard: string[] = [];
  let isAnswered = false;
  for (let due = server.device.pollTimeout(); due !== undefined; due = server.device.pollTimeout()) {
    server.waits(due - server.now);
    while (server.hears() !== undefined);
    heard.push(...server.events().map(({ kind }) => kind));
    if (heard[0] !== "reconnecting" || isAnswered) continue;
    server.says("ACK * 2.05 T=* ETag=01 2:0/1/64 [64 bytes]");
    isAnswered = true;
  }
  assert.equal(heard, ["reconnecting", "block", "reconnecting", "unanswered"]);
});

device("what an old association still waited for does not end the new one early", () => {
  const server = new HandServer({}, { ...dialectNamed("ncs"), window: 3, reconnections: 1 });
  const endedAt: Instant[] = [];
  for (let due = server.device.pollTimeout(); due !== undefined; due = server.device.pollTimeout()) {
    // A driver that comes late finds several requests due at once.
    server.waits(due - server.now + 20_000);
    for (const _event of server.events()) endedAt.push(server.now);
  }
  // RFC 7252 4.8.2: MAX_TRANSMIT_WAIT at its shortest, without the random factor.
  assert.is(endedAt.length, 2);
  assert.ok(endedAt[1]! - endedAt[0]! >= 31 * 2_000, `${endedAt[1]! - endedAt[0]!} ms`);
});

for (const name of DIALECT_NAMES) {
  device(`RFC 7252 5.2.2: ${name} asks no more after an empty ACK, and takes an answer that comes 40 s later`, () => {
    const server = new HandServer({}, { ...dialectNamed(name), window: 1 });
    server.hears();
    server.says("ACK * EMPTY");
    for (let second = 0; second < 40; second++) server.waits(1_000);
    server.says("CON 77 2.05 T=* 2:0/0/64 [64 bytes]");
    assert.is(server.hears(), "ACK EMPTY");
    assert.is(server.device.statistics.retransmissions, 0);
    assert.ok(server.events().some(({ kind }) => kind === "block"));
  });
}

device("a server that acknowledges and never answers is asked three times, and then by a new association", () => {
  const server = new HandServer({}, { reconnections: 1 });
  const kinds: string[] = [];
  const askedAt: number[] = [];
  for (let due: Instant | undefined = server.now; due !== undefined; due = server.device.pollTimeout()) {
    server.waits(due - server.now);
    for (let heard = server.hears(); heard !== undefined; heard = server.hears()) {
      askedAt.push(server.now - 1_000_000);
      server.says("ACK * EMPTY");
    }
    kinds.push(...server.events().map(({ kind }) => kind));
  }
  assert.equal(
    askedAt,
    [0, 1, 2, 3, 4, 5].map((count) => 93_000 * count),
  );
  assert.equal(kinds, ["reconnecting", "unanswered"]);
});

for (const [answer, detail] of [
  ["5.03 Max-Age=2", "5.03"],
  ["4.29 Max-Age=2", "4.29"],
  ["5.00", "5.00"],
  ["5.04", "5.04"],
  ["4.08", "4.08"],
]) {
  device(`${answer} is waited out, and the same block is asked for again`, () => {
    const server = new HandServer();
    const first = server.hears();
    server.says(`ACK * ${answer} T=*`);
    assert.is(server.hears(), undefined);
    server.waits(1_999);
    assert.is(server.hears(), undefined);
    server.waits(201);
    assert.is(server.hears(), first);
    server.says("ACK * 2.05 T=* ETag=01 2:0/0/64 [10 bytes]");
    const events = server.events();
    assert.equal(
      events.map(({ kind }) => kind),
      ["postponed", "block", "done"],
    );
    assert.is((events[0] as { detail: string }).detail, detail);
  });

  device(`RFC 7252 5.9: for a stock device ${answer} is the end`, () => {
    const server = new HandServer({}, dialectNamed("zephyr"));
    server.hears();
    server.says(`ACK * ${answer} T=*`);
    assert.equal(server.events(), [{ kind: "refused", detail }]);
  });
}

device("RFC 7252 5.10.5: 5.03 without Max-Age means a minute; RFC 8516 3: so does 4.29", () => {
  for (const code of ["5.03", "4.29"]) {
    const server = new HandServer();
    server.hears();
    server.says(`ACK * ${code} T=*`);
    const due = server.device.pollTimeout()! - server.now;
    assert.ok(due >= 60_000 && due < 66_000, `${due} ms`);
  }
});

device(
  "a server that fails again and again is given up after 30 s, and one that always has another time after 15 min",
  () => {
    for (const [answer, leastMs, mostMs] of [
      ["5.00", 30_000, 33_000],
      ["5.03 Max-Age=100", 900_000, 990_000],
      ["4.29 Max-Age=100000", 0, 0],
    ] as const) {
      const server = new HandServer();
      const events: DeviceEvent[] = [];
      for (let due: Instant | undefined = server.now; due !== undefined; due = server.device.pollTimeout()) {
        server.waits(due - server.now);
        if (server.hears() !== undefined) server.says(`ACK * ${answer} T=*`);
        events.push(...server.events());
      }
      assert.is(events.at(-1)?.kind, "refused");
      const elapsed = server.now - 1_000_000;
      assert.ok(elapsed >= leastMs && elapsed <= mostMs, `${answer}: ${elapsed} ms`);
    }
  },
);

device("while a server rests nothing more is asked for, and what it answers meanwhile is taken", () => {
  const server = new HandServer({}, { window: 3 });
  const [first, second] = [server.hears(), server.hears()];
  assert.ok(first !== second);
  const third = server.hears();
  server.says("ACK * 5.03 T=* Max-Age=30");
  for (let i = 0; i < 29; i++) server.waits(1_000);
  assert.is(server.hears(), undefined);
  server.waits(4_000);
  const heard = [server.hears(), server.hears(), server.hears()];
  assert.ok(heard.includes(third));
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
