import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { formatPeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { PortListener } from "./port-listener.ts";

const test = suite("udp-socket");

for (const [bound, server] of [
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
] as const) {
  test(`bound to ${bound}, asked from ${server}: there and back, with plain addresses`, async () => {
    const [atServer, atClient] = [new PortListener(), new PortListener()];
    const serverSocket = await UdpSocket.bind(bound, 0, atServer);
    const clientSocket = await UdpSocket.connect(peerAddress(server, serverSocket.port), atClient);
    clientSocket.send(toUtf8("there"));
    await atServer.until(() => atServer.received.length === 1);
    const { from, text } = atServer.received[0]!;
    assert.is(text, "there");
    assert.is(from, peerAddress(server, clientSocket.port), formatPeerAddress(from));
    serverSocket.sendTo(from, toUtf8("back"));
    await atClient.until(() => atClient.received.length === 1);
    assert.is(atClient.received[0]?.text, "back");
    await clientSocket.close();
    await serverSocket.close();
  });
}

test("a port that is in use is refused with the system's name for it", async () => {
  const first = await UdpSocket.bind("127.0.0.1", 0, new PortListener());
  let code: string | undefined;
  await UdpSocket.bind("127.0.0.1", first.port, new PortListener()).catch((error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  assert.is(code, "EADDRINUSE");
  await first.close();
});

test("RFC 792: a port that nobody listens on is told, and the socket lives on", async () => {
  const gone = await UdpSocket.bind("127.0.0.1", 0, new PortListener());
  const { port } = gone;
  await gone.close();
  const listener = new PortListener();
  const socket = await UdpSocket.connect(peerAddress("127.0.0.1", port), listener);
  socket.send(toUtf8("anyone?"));
  await listener.until(() => listener.failures.length === 1);
  assert.equal(listener.failures, ["ECONNREFUSED"]);
  const atBack = new PortListener();
  const back = await UdpSocket.bind("127.0.0.1", port, atBack);
  socket.send(toUtf8("now?"));
  await atBack.until(() => atBack.received.length === 1);
  await socket.close();
  await back.close();
});

test("a datagram that no UDP can carry is told, and the next one goes out", async () => {
  const [listener, atServer] = [new PortListener(), new PortListener()];
  const server = await UdpSocket.bind("127.0.0.1", 0, atServer);
  const socket = await UdpSocket.bind("127.0.0.1", 0, listener);
  const to = peerAddress("127.0.0.1", server.port);
  socket.sendTo(to, new Uint8Array(70_000));
  socket.sendTo(to, toUtf8("small"));
  await atServer.until(() => atServer.received.length === 1);
  assert.is(atServer.received[0]?.text, "small");
  await listener.until(() => listener.failures.length === 1);
  assert.equal(listener.failures, ["EMSGSIZE"]);
  await socket.close();
  await server.close();
});

test("what was sent before closing arrives", async () => {
  const atServer = new PortListener();
  const server = await UdpSocket.bind("127.0.0.1", 0, atServer);
  const socket = await UdpSocket.connect(peerAddress("127.0.0.1", server.port), new PortListener());
  for (let i = 0; i < 100; i++) socket.send(toUtf8(String(i)));
  await socket.close();
  await atServer.until(() => atServer.received.length === 100);
  await server.close();
});

test.run();
