// What only the native port does: batches, back-pressure, an end in any way. A system that refuses is made by preloading
// test/shell/stubborn-socket.c.

import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { NativeDatagramPort } from "../../src/shell/native-datagram-port.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { PortListener } from "../shell/port-listener.ts";
import { runScene, scene, stubbornSystem } from "../shell/port-stage.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { builtNativeParts } from "../support/native.ts";
import { peer } from "../support/peers.ts";

const test = suite("native-datagram-port");
const scratch = scratchDirectories(test);
const native = builtNativeParts();
const compiler = native === undefined ? undefined : peer("cc");

function range(begin: number, end: number): string[] {
  return Array.from({ length: end - begin }, (_, i) => String(begin + i));
}

if (native !== undefined) {
  const part = native.datagramPort;
  const open = (host = "127.0.0.1", portNumber = 0, options = {}) => {
    const at = new PortListener();
    return { port: new NativeDatagramPort(part, host, portNumber, at, options), at };
  };
  const descriptorCount = () => readdirSync("/proc/self/fd").length;

  test("datagrams that lie ready come in batches of 64", async () => {
    const [from, to] = [open(), open()];
    for (let i = 0; i < 200; i++) from.port.sendTo(peerAddress("127.0.0.1", to.port.port), toUtf8(String(i)));
    from.port.flush();
    await to.at.until(() => to.at.batches.length === 4);
    assert.equal(to.at.batches, [64, 64, 64, 8]);
    assert.equal(
      to.at.received.map(({ text }) => text),
      range(0, 200),
    );
    await Promise.all([from.port.close(), to.port.close()]);
  });

  test("after eight full batches others have their turn, and microtasks have it after each", async () => {
    const [from, to] = [open(), open()];
    const order: string[] = [];
    to.at.flush = () => {
      if (order.length === 0) setImmediate(() => order.push("others"));
      order.push("batch");
      queueMicrotask(() => order.push("microtask"));
    };
    for (let i = 0; i < 1000; i++) from.port.sendTo(peerAddress("127.0.0.1", to.port.port), toUtf8(String(i)));
    from.port.flush();
    await to.at.until(() => to.at.received.length === 1000);
    const one = ["batch", "microtask"];
    assert.equal(order.slice(0, 19), [...Array<string[]>(8).fill(one).flat(), "others", ...one]);
    await Promise.all([from.port.close(), to.port.close()]);
  });

  test("a port keeps its memory: all datagrams are views of it", async () => {
    const [from, to] = [open(), open()];
    const buffers = new Set<ArrayBufferLike>();
    to.at.answer = (_from, datagram) => buffers.add(datagram.buffer);
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 100; i++) from.port.sendTo(peerAddress("127.0.0.1", to.port.port), new Uint8Array(i));
      from.port.flush();
      await to.at.until(() => to.at.received.length === 100 * round);
    }
    assert.is(buffers.size, 1);
    await Promise.all([from.port.close(), to.port.close()]);
  });

  test("SO_REUSEPORT: where all ask for it, several ports share what comes", async () => {
    const first = open("127.0.0.1", 0, { reusePort: true });
    const second = open("127.0.0.1", first.port.port, { reusePort: true });
    let code: string | undefined;
    try {
      open("127.0.0.1", first.port.port);
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code;
    }
    assert.is(code, "EADDRINUSE");
    const clients: UdpSocket[] = [];
    for (let i = 0; i < 60; i++) {
      clients.push(await UdpSocket.connect(peerAddress("127.0.0.1", first.port.port), new PortListener()));
      clients.at(-1)!.send(toUtf8(String(i)));
    }
    const counts = () => [first.at.received.length, second.at.received.length] as const;
    await Promise.race([first, second].map(({ at }) => at.until(() => counts()[0] + counts()[1] === 60)));
    assert.ok(Math.min(...counts()) > 0, `each hears some of them: ${counts()}`);
    await Promise.all([...clients, first.port, second.port].map((one) => one.close()));
  });

  test("an IPv6 peer cannot be reached from an IPv4 port: told, and the others go out", async () => {
    const [from, to] = [open(), open()];
    from.port.sendTo(peerAddress("::1", to.port.port), toUtf8("lost"));
    from.port.sendTo(peerAddress("127.0.0.1", to.port.port), toUtf8("arrives"));
    from.port.flush();
    await to.at.until(() => to.at.received.length === 1);
    assert.equal([from.at.failures, to.at.received[0]?.text], [["EINVAL"], "arrives"]);
    await Promise.all([from.port.close(), to.port.close()]);
  });

  test("a second close does nothing, and nothing is sent after the first", async () => {
    const [from, to] = [open(), open()];
    await from.port.close();
    await from.port.close();
    from.port.sendTo(peerAddress("127.0.0.1", to.port.port), toUtf8("too late"));
    from.port.flush();
    assert.equal(from.at.failures, []);
    await to.port.close();
  });

  test("a thousand ports, opened and closed, leave no descriptor behind", async () => {
    const before = descriptorCount();
    for (let i = 0; i < 1000; i++) await open(i % 2 === 0 ? "127.0.0.1" : "::").port.close();
    assert.is(descriptorCount(), before);
  });

  for (const name of ["throwsInDatagram", "throwsAtBatchEnd"]) {
    test(`${name}: what a listener throws ends the process, loudly`, async () => {
      const { exit, stdout, text } = await runScene([name]);
      assert.is(exit, 1, text);
      assert.match(text, /Error: the listener broke\n +at .*port-scene\.ts/);
      assert.is(stdout.toString(), "");
    });
  }

  test("what a listener throws reaches `uncaughtException`, and the port serves on", async () => {
    const { exit, stdout, text } = await runScene(["survives"]);
    assert.is(exit, 0, text);
    assert.is(stdout.toString(), '"the listener broke"\n"heard the next one"\n');
  });

  test("a process can end inside the callback, with the port open", async () => {
    const { exit, text } = await runScene(["exitsInside"]);
    assert.equal([exit, text], [7, ""]);
  });

  test("worker threads end with a port open: terminated, by their own exit, by an exception, or when it closes", async () => {
    assert.equal(await scene(["workers"]), [
      ["terminated", 1],
      ["exits", 3],
      ["throws", 1, "the worker's listener broke"],
      ["closes", 0],
      ["terminated", 1],
    ]);
  });
}

if (native !== undefined && compiler !== undefined) {
  const preloaded = () => stubbornSystem(compiler, scratch());

  for (const [what, letters] of [
    ["nothing for a while", "aaaa"],
    ["one datagram at a time for a while", "ppppp"],
    ["nothing, one or many", "a.apa.pai.i"],
  ] as const) {
    test(`a system that takes ${what} gets everything in order`, async () => {
      const found = await scene(["sends", letters, "500", "0"], await preloaded());
      assert.equal(found, { arrived: range(0, 500), failures: [], lettersLeft: 0 });
    });
  }

  test("and everything from the address that was asked", async () => {
    const found = await scene(["sends", "a.apa.pai.i", "500", "0", "::"], await preloaded());
    assert.equal(found, { arrived: range(0, 500), failures: [], lettersLeft: 0 });
  });

  for (const [letters, lost] of [
    ["e", 0],
    [".e", 64],
    ["ppae", 2],
  ] as const) {
    test(`an error with datagram ${lost} is told, and all others go out (${letters})`, async () => {
      const found = await scene(["sends", letters, "200", "1"], await preloaded());
      const arrived = range(0, 200).filter((text) => text !== String(lost));
      assert.equal(found, { arrived, failures: ["EPERM"], lettersLeft: 0 });
    });
  }

  test("what the system does not take fills a queue of 1024 datagrams; what is too much is told as ENOBUFS", async () => {
    const found = await scene(["fills", "1500", "1"], await preloaded());
    assert.equal(found, { arrived: 1024, refused: 476, codes: ["ENOBUFS"] });
  });

  test("and of one mebibyte", async () => {
    const found = await scene(["fills", "20", "65000"], await preloaded());
    assert.equal(found, { arrived: 16, refused: 4, codes: ["ENOBUFS"] });
  });

  for (const [count, length] of [
    [3000, 1],
    [40, 65_000],
  ] as const) {
    test(`who waits for room has none of ${count} datagrams of ${length} bytes refused`, async () => {
      const found = await scene(["waits", String(count), String(length)], await preloaded());
      assert.equal(found, { arrived: count, failures: [], lettersLeft: 0 });
    });
  }

  test("while answers wait for the system no more requests are read, and none is lost", async () => {
    assert.equal(await scene(["holdsBack"], await preloaded()), { readMeanwhile: 64, answers: range(0, 300) });
  });

  test("a close waits for what the system has not taken yet", async () => {
    assert.equal(await scene(["closesLate"], await preloaded()), { arrived: range(0, 10), lettersLeft: 0 });
  });

  test("an error in receiving is told, and the port serves on; an interrupted call is none", async () => {
    const library = await preloaded();
    assert.equal(await scene(["receives", "n", "0"], library), { arrived: range(0, 10), failures: ["ENOMEM"] });
    assert.equal(await scene(["receives", "iai", "0"], library), { arrived: range(0, 10), failures: [] });
  });

  test("a truncated datagram is told and left out", async () => {
    const found = await scene(["receives", "t", "1"], await preloaded());
    assert.equal(found, { arrived: range(1, 10), failures: ["EMSGSIZE"] });
  });

  for (const [what, letter, code] of [
    ["is cut off", "k", "EMSGSIZE"],
    ["is missing", "o", "EDESTADDRREQ"],
    ["is too short", "w", "EDESTADDRREQ"],
  ] as const) {
    test(`on all addresses, where a datagram was sent to ${what}: it is told and left out`, async () => {
      const found = await scene(["receives", letter, "1", "::"], await preloaded());
      assert.equal(found, { arrived: range(1, 10), failures: [code] });
    });
  }

  test("a port that is bound to one address asks for nothing of it", async () => {
    const found = await scene(["receives", "o", "0"], await preloaded());
    assert.equal(found, { arrived: range(0, 10), failures: [] });
  });

  test("RFC 792: an error that the system keeps for the socket is told, and the port serves on", async () => {
    assert.equal(await scene(["refused"], await preloaded()), { failures: ["ECONNREFUSED"] });
  });
}

test.run();
