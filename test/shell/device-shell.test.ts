// A device on a real socket: its address changes, its key is wrong, its server goes away.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { portOf } from "../../src/base/peer-address.ts";
import { failureText } from "../../src/cli/pull/failure.ts";
import { pullFrom, startServer } from "./loopback.ts";

const test = suite("device-shell");

/** A handshake that is given up after a second instead of two minutes. */
const IMPATIENT = { retransmitMs: 100, retransmitMaxMs: 200, retransmissionsMax: 3 };

test("RFC 9146 6: the UDP port changes in mid-transfer, and the transfer goes on without a new handshake", async () => {
  const { shell, port, images, events } = await startServer(50_000);
  const ports: number[] = [];
  const { bytes, end } = await pullFrom(port, {
    onEvent: (event, device) => {
      if (event.kind !== "block" || event.offset !== 20 * 1024) return;
      ports.push(device.port);
      void device.rebind().then(() => ports.push(device.port));
    },
  });
  assert.is(end.kind, "done");
  assert.ok(Buffer.from(images.bytes).equals(bytes));
  assert.is(events.filter(({ kind }) => kind === "sessionUp").length, 1);
  const told = events.flatMap((event) => (event.kind === "transfer" ? [portOf(event.peer)] : []));
  assert.is.not(ports[0], ports[1]);
  assert.equal([told[0], told.at(-1)], ports, "the server has followed the device");
  await shell.stop();
});

for (const [what, identity, key] of [
  ["a wrong key", toUtf8("meter-7"), toUtf8("another key")],
  ["an unknown identity", toUtf8("nobody"), toUtf8("0123456789abcdef")],
] as const) {
  test(`RFC 4279 2: ${what} meets silence after the hello, and the line says what to check`, async () => {
    const { shell, port } = await startServer(1_000);
    const { end, events } = await pullFrom(port, {
      identity,
      key,
      dtlsParameters: IMPATIENT,
      dialect: { reconnections: 0 },
    });
    assert.equal(
      events.map(({ kind }) => kind),
      ["handshakeFailed"],
    );
    assert.ok(end.kind === "handshakeFailed");
    const text = failureText(end, { server: "host:5684", identity: "meter-7", bytesHeld: 0 });
    assert.match(text, /^host:5684 fell silent in the handshake: .* did not accept the key of identity meter-7/);
    await shell.stop();
  });
}

test("a server that stops in mid-transfer says close_notify, and the device knows", async () => {
  const { shell, port, counters } = await startServer(200_000);
  const { end } = await pullFrom(port, {
    dialect: { reconnections: 0 },
    onEvent: (event) => {
      if (event.kind === "block" && event.offset === 0) void shell.stop();
    },
  });
  assert.equal(end, { kind: "refused", detail: "the server closed the association" });
  await shell.stopped;
  assert.is(counters["sessionDown.shutdown"], 1);
});

test("RFC 5246 7.2.1: a device that is done says close_notify", async () => {
  const { shell, port, events } = await startServer(1_000);
  await pullFrom(port);
  while (events.at(-1)?.kind !== "sessionDown") await new Promise((resolve) => setImmediate(resolve));
  const last = events.at(-1)!;
  assert.is(last.kind === "sessionDown" && last.end, "closeNotify");
  await shell.stop();
});

test.run();
