// A server of several addresses: which of them a device ends up with.

import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { ServerSockets } from "../../src/shell/server-sockets.ts";
import { freePort } from "../support/free-port.ts";
import { UdpEnd } from "../support/udp-end.ts";

const test = suite("server-sockets");

const HELLO = toUtf8("hello");
const ANSWER = toUtf8("answer");

/** A device that says hello at once. */
async function hello(...addresses: readonly PeerAddress[]) {
  const [heard, failures]: [Uint8Array[], string[]] = [[], []];
  const outlet = {
    datagram: (datagram: Uint8Array) => void heard.push(Uint8Array.from(datagram)),
    failed: (code: string) => void failures.push(code),
  };
  const sockets = await ServerSockets.open(addresses, outlet);
  sockets.send(HELLO);
  return { sockets, heard, failures };
}

function addressOf({ port }: UdpEnd): PeerAddress {
  return peerAddress("127.0.0.1", port);
}

test("RFC 8305 5: an address that is silent is given two seconds, and then the next one hears the same hello", async () => {
  const [silent, server] = [await UdpEnd.open(), await UdpEnd.open()];
  const startedAt = performance.now();
  const { sockets, heard } = await hello(addressOf(silent), addressOf(server));
  await server.received(1);
  const first = server.datagrams[0]!;
  assert.ok(first.atMs - startedAt >= 1_990, `${first.atMs - startedAt} ms`);
  assert.equal(Buffer.from(first.bytes), Buffer.from(HELLO));
  sockets.send(HELLO);
  await Promise.all([silent.received(2), server.received(2)]);
  server.send(first.port, ANSWER);
  while (heard.length === 0) await delay(5);
  assert.is(sockets.server, addressOf(server));
  assert.is(sockets.port, first.port);
  // Whoever answers later is nobody any more.
  silent.send(silent.datagrams[0]!.port, ANSWER);
  sockets.send(HELLO);
  await server.received(3);
  assert.equal([heard, silent.datagrams.length], [[ANSWER], 2]);
  await sockets.close();
  for (const end of [silent, server]) end.close();
});

test("an address that refuses, or that no way leads to, gives way to the next one at once", async () => {
  const server = await UdpEnd.open();
  const refusing = peerAddress("127.0.0.1", await freePort());
  const unreachable = peerAddress("255.255.255.255", 5684);
  const startedAt = performance.now();
  const { sockets, failures } = await hello(unreachable, refusing, unreachable, addressOf(server));
  await server.received(1);
  assert.ok(server.datagrams[0]!.atMs - startedAt < 1_900);
  assert.equal(failures, []);
  await sockets.close();
  server.close();
});

test("where every address refuses, the last one's refusal is told", async () => {
  const [first, second] = [await freePort(), await freePort()].map((port) => peerAddress("127.0.0.1", port));
  const { sockets, failures } = await hello(first!, second!);
  while (failures.length === 0) await delay(5);
  assert.equal(failures, ["ECONNREFUSED"]);
  await sockets.close();
});

test("where none can be tried, the system's error is thrown", async () => {
  const unreachable = peerAddress("255.255.255.255", 5684);
  const error = await hello(unreachable, unreachable).catch(({ code }: NodeJS.ErrnoException) => code);
  assert.is(error, "EACCES");
});

test.run();
