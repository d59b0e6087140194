// The server on real sockets: what the stores say reaches the sessions, and what breaks is told.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { ListenError } from "../../src/shell/server-shell.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { IDENTITY, type LoopbackServer, pullFrom, startServer } from "./loopback.ts";
import { MemoryKeys } from "./memory-stores.ts";

const test = suite("server-shell");

/** Long enough, in blocks of 16 bytes, to last until the stores are asked again. */
const LONG = 16_000_000;

/** Pulls without an end; `meanwhile` runs after the first block. */
function endlessPull({ port }: LoopbackServer, meanwhile: () => void) {
  return pullFrom(port, {
    dialect: { blockSize: 16, reconnections: 0 },
    onEvent: (event) => {
      if (event.kind === "block" && event.offset === 0) meanwhile();
    },
  });
}

test("RFC 5246 7.2.1: removing a key ends its session with close_notify", async () => {
  const server = await startServer(LONG);
  const { end } = await endlessPull(server, () => server.keys.remove(IDENTITY));
  assert.equal(end, { kind: "refused", detail: "the server closed the association" });
  const last = server.events.at(-1)!;
  assert.is(last.kind === "sessionDown" && last.end, "keyRemoved");
  await server.shell.stop();
});

test("when the journal of removals was pruned, each identity with a session is looked up", async () => {
  const server = await startServer(LONG);
  const { end } = await endlessPull(server, () => {
    server.keys.remove(IDENTITY);
    server.keys.pruned = true;
  });
  assert.is(end.kind, "refused");
  await server.shell.stop();
});

test("a pruned journal ends no session whose key is still there", async () => {
  const server = await startServer(100_000);
  server.keys.pruned = true;
  const { end } = await pullFrom(server.port, { dialect: { blockSize: 16 } });
  assert.is(end.kind, "done");
  await server.shell.stop();
});

test("one server, both schemes: each socket answers its own", async () => {
  const host = "127.0.0.1";
  const listen = [
    { scheme: "coaps", host, port: 0 },
    { scheme: "coap", host, port: 0 },
  ] as const;
  const server = await startServer(5_000, { listen });
  const [coaps, coap] = server.shell.addresses;
  assert.equal([coaps?.scheme, coap?.scheme], ["coaps", "coap"]);
  const pulls = [await pullFrom(coaps!.port), await pullFrom(coap!.port, { plain: true })];
  for (const { bytes } of pulls) assert.ok(Buffer.from(server.images.bytes).equals(bytes));
  await server.shell.stop();
});

test("a socket that cannot be had: the address and the system's name for it, and nothing is left open", async () => {
  const taken = await UdpSocket.bind("127.0.0.1", 0, { datagram: () => {}, failed: () => {} });
  const free = await UdpSocket.bind("127.0.0.1", 0, { datagram: () => {}, failed: () => {} });
  const { port } = free;
  await free.close();
  const listen = [
    { scheme: "coaps", host: "127.0.0.1", port },
    { scheme: "coap", host: "127.0.0.1", port: taken.port },
  ] as const;
  const error: unknown = await startServer(100, { listen }).catch((caught: unknown) => caught);
  assert.instance(error, ListenError);
  assert.equal([(error as ListenError).code, (error as ListenError).address], ["EADDRINUSE", listen[1]]);
  const again = await UdpSocket.bind("127.0.0.1", port, { datagram: () => {}, failed: () => {} });
  await again.close();
  await taken.close();
});

test("a store that breaks ends the server with the store's error", async () => {
  const keys = new MemoryKeys();
  keys.lookUp = () => {
    throw new Error("the disk is gone");
  };
  const server = await startServer(100, { keys });
  void pullFrom(server.port, { dtlsParameters: { retransmitMs: 50, retransmissionsMax: 1 } });
  const error: unknown = await server.shell.stopped.catch((caught: unknown) => caught);
  assert.is((error as Error).message, "the disk is gone");
});

test("RFC 6347 4.1.2.7: a datagram that is no record is counted by its name, and answered by nothing", async () => {
  const server = await startServer(100);
  let answered = false;
  const answer = () => {
    answered = true;
  };
  const stranger = await UdpSocket.connect(peerAddress("127.0.0.1", server.port), { datagram: answer, failed: answer });
  stranger.send(toUtf8("hello?"));
  await pullFrom(server.port);
  await server.shell.stop();
  await stranger.close();
  assert.is(server.counters["recordTruncated"], 1);
  assert.not.ok(answered);
});

test.run();
