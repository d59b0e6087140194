// What the port by node:dgram does by itself: it makes a batch of a turn of the event loop, and bounds what waits for a
// system that takes nothing. Such a system is made by preloading test/shell/stubborn-socket.c.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { DgramPort, SEND_COUNT_MAX } from "../../src/shell/dgram-port.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { peer } from "../support/peers.ts";
import { PortListener } from "./port-listener.ts";
import { scene, stubbornSystem } from "./port-stage.ts";

const test = suite("dgram-port");
const scratch = scratchDirectories(test);
const compiler = peer("cc");

test("answers to all that came in one turn of the event loop leave together at its end", async () => {
  const [atClient, atServer] = [new PortListener(), new PortListener()];
  const client = await DgramPort.bind("127.0.0.1", 0, atClient);
  const server = await DgramPort.bind("127.0.0.1", 0, atServer);
  const sentBefore: number[] = [];
  atServer.answer = (from, datagram) => server.sendTo(from, datagram);
  atServer.flush = () => {
    sentBefore.push(sentCount);
    server.flush();
  };
  for (let i = 0; i < 20; i++) client.sendTo(peerAddress("127.0.0.1", server.port), toUtf8(String(i)));
  client.flush();
  let sentCount = 0;
  const { sendTo } = UdpSocket.prototype;
  UdpSocket.prototype.sendTo = function (to, datagram) {
    sentCount++;
    sendTo.call(this, to, datagram);
  };
  await atClient.until(() => atClient.received.length === 20);
  UdpSocket.prototype.sendTo = sendTo;
  assert.equal([atServer.batches, sentBefore, sentCount], [[20], [0], 20]);
  await Promise.all([client.close(), server.close()]);
});

if (compiler !== undefined) {
  const off = "NARROWBOAT_NATIVE=off";
  const stubborn = () => stubbornSystem(compiler, scratch());

  for (const letters of ["aaaa", "a.a.aa..a"]) {
    for (const host of ["127.0.0.1", "::"]) {
      test(`a system that takes nothing for a while gets everything in order from ${host} (${letters})`, async () => {
        const arrived = Array.from({ length: 500 }, (_, i) => String(i));
        const found = await scene(["sends", letters, "500", "0", host], off, await stubborn());
        assert.equal(found, { arrived, failures: [], lettersLeft: 0 });
      });
    }
  }

  test("an error of sending is told, and all others go out", async () => {
    const found = await scene(["sends", "e", "200", "1"], off, await stubborn());
    const arrived = Array.from({ length: 199 }, (_, i) => String(i + 1));
    assert.equal(found, { arrived, failures: ["EPERM"], lettersLeft: 0 });
  });

  test(`what the system does not take fills a queue of ${SEND_COUNT_MAX} datagrams; what is too much is told`, async () => {
    const found = await scene(["fills", "1500", "1"], off, await stubborn());
    assert.equal(found, { arrived: SEND_COUNT_MAX, refused: 1_500 - SEND_COUNT_MAX, codes: ["ENOBUFS"] });
  });

  test("and of one mebibyte", async () => {
    const found = await scene(["fills", "20", "65000"], off, await stubborn());
    assert.equal(found, { arrived: 16, refused: 4, codes: ["ENOBUFS"] });
  });

  for (const [count, length] of [
    [3_000, 1],
    [40, 65_000],
  ] as const) {
    test(`who waits for room has none of ${count} datagrams of ${length} bytes refused`, async () => {
      const found = await scene(["waits", String(count), String(length)], off, await stubborn());
      assert.equal(found, { arrived: count, failures: [], lettersLeft: 0 });
    });
  }

  for (const host of ["127.0.0.1", "::"]) {
    test(`a close of ${host} waits for what the system has not taken yet`, async () => {
      const arrived = Array.from({ length: 10 }, (_, i) => String(i));
      assert.equal(await scene(["closesLate", host], off, await stubborn()), { arrived, lettersLeft: 0 });
    });
  }
}

test.run();
