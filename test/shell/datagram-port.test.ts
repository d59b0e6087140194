// What a server may expect of its port, native or of node:dgram: each test runs on both.

import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { formatPeerAddress, localKeyOf, peerAddress } from "../../src/base/peer-address.ts";
import type { DatagramPort } from "../../src/shell/datagram-port.ts";
import { bindDatagramPort } from "../../src/shell/datagram-port-binding.ts";
import { localAddresses } from "../../src/shell/local-addresses.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { builtNativeParts } from "../support/native.ts";
import { PortListener } from "./port-listener.ts";

const test = suite("datagram-port");
const native = builtNativeParts();

/** RFC 7252 12.8. */
const ALL_COAP_NODES = "224.0.1.187";

interface Opened {
  readonly port: DatagramPort;
  readonly at: PortListener;
}

for (const parts of native === undefined ? (["off"] as const) : (["off", native] as const)) {
  const kind = parts === "off" ? "dgram" : "native";

  const open = async (host: string | undefined, portNumber = 0): Promise<Opened> => {
    const at = new PortListener();
    return { port: await bindDatagramPort(host, portNumber, at, parts), at };
  };

  /** A port that answers each datagram with its own bytes. */
  const openEcho = async (host: string | undefined): Promise<Opened> => {
    const opened = await open(host);
    opened.at.answer = (from, datagram) => opened.port.sendTo(from, Uint8Array.from(datagram));
    opened.at.flush = () => opened.port.flush();
    return opened;
  };

  const bindCode = async (host: string, portNumber: number): Promise<string | undefined> => {
    try {
      await (await open(host, portNumber)).port.close();
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  };

  for (const [bound, asked] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["::", "::1"],
    ["::", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1"],
    [undefined, "::1"],
    [undefined, "127.0.0.1"],
  ] as const) {
    test(`${kind}, bound to ${bound ?? "all"}, asked at ${asked}: there and back, with plain addresses`, async () => {
      const { port, at } = await openEcho(bound);
      if (bound !== undefined) assert.is(port.host, bound);
      const atClient = new PortListener();
      const client = await UdpSocket.connect(peerAddress(asked, port.port), atClient);
      client.send(toUtf8("there and back"));
      await atClient.until(() => atClient.received.length === 1);
      const { from } = at.received[0]!;
      // On all addresses it is known which one was asked.
      const local = bound === asked ? undefined : asked;
      assert.is(from, peerAddress(asked, client.port, local), formatPeerAddress(from));
      assert.is(atClient.received[0]?.text, "there and back");
      await client.close();
      await port.close();
    });
  }

  // Each socket of a client at one port hears only the address that it talks to: another one's answer never arrives.
  test(`${kind}, RFC 7252 5.3.2: on all addresses it answers from the one that was asked, each a peer of its own`, async () => {
    const { port, at } = await openEcho(undefined);
    const asked = [...localAddresses("::").values()].map(({ host }) => host);
    for (const [i, host] of asked.entries()) {
      const atClient = new PortListener();
      const client = await UdpSocket.connect(peerAddress(host, port.port), atClient);
      client.send(toUtf8(host));
      await atClient.until(() => atClient.received.length === 1);
      assert.is(atClient.received[0]?.text, host);
      assert.is(localKeyOf(at.received[i]!.from), localKeyOf(peerAddress(host, 0, host)));
      await client.close();
    }
    assert.ok(asked.includes("127.0.0.1"), `127.0.0.1 is not among ${asked}`);
    await port.close();
  });

  test(`${kind}, RFC 6347 4.2.1: one client at two of our addresses is two peers, on one of them it is one`, async () => {
    const { port, at } = await openEcho(undefined);
    const client = await open("127.0.0.1");
    const ours = [...localAddresses("0.0.0.0").values()].map(({ host }) => host);
    const asked = [...ours, ...ours];
    for (const [i, host] of asked.entries()) {
      client.port.sendTo(peerAddress(host, port.port), toUtf8(host));
      client.port.flush();
      await client.at.until(() => client.at.received.length === i + 1);
    }
    assert.equal(
      client.at.received.map(({ from }) => from),
      asked.map((host) => peerAddress(host, port.port)),
    );
    assert.is(new Set(at.received.map(({ from }) => from)).size, ours.length);
    assert.is(new Set(at.received.map(({ from }) => formatPeerAddress(from))).size, 1);
    await Promise.all([client.port.close(), port.close()]);
  });

  test(`${kind}: what was to leave from an address that is gone is told, and the others go out`, async () => {
    const { port, at } = await openEcho(undefined);
    const client = await open("127.0.0.1");
    port.sendTo(peerAddress("127.0.0.1", client.port.port, "198.51.100.7"), toUtf8("from nowhere"));
    port.sendTo(peerAddress("::1", client.port.port, "2001:db8::7"), toUtf8("from nowhere"));
    port.sendTo(peerAddress("127.0.0.1", client.port.port, "127.0.0.1"), toUtf8("from here"));
    port.flush();
    await client.at.until(() => client.at.received.length === 1);
    await at.until(() => at.failures.length === 2);
    assert.is(client.at.received[0]?.text, "from here");
    // Linux has no route for an IPv6 address that is not its own.
    assert.equal(at.failures, kind === "dgram" ? ["EADDRNOTAVAIL", "EADDRNOTAVAIL"] : ["EINVAL", "ENETUNREACH"]);
    await Promise.all([client.port.close(), port.close()]);
  });

  test(`${kind}: a port that is bound to one address leaves from it, wherever the peer has asked`, async () => {
    const [{ port }, client] = [await open("127.0.0.1"), await open("127.0.0.1")];
    port.sendTo(peerAddress("127.0.0.1", client.port.port, "127.0.0.2"), toUtf8("from here"));
    port.flush();
    await client.at.until(() => client.at.received.length === 1);
    assert.is(client.at.received[0]?.from, peerAddress("127.0.0.1", port.port));
    await Promise.all([client.port.close(), port.close()]);
  });

  test(`${kind}: a port in use on one address is in use on all, and a free one is free on each of them`, async () => {
    const taken = await open("127.0.0.1");
    for (const host of ["::", "0.0.0.0"]) assert.is(await bindCode(host, taken.port.port), "EADDRINUSE");
    await taken.port.close();
    const { port } = await open(undefined);
    for (const { host } of localAddresses("::").values())
      assert.is(await bindCode(host, port.port), "EADDRINUSE", host);
    await port.close();
  });

  // Linux hands what a computer hears of an IPv4 group to every IPv4 socket that is bound to all addresses.
  for (const [host, heard] of [
    ["0.0.0.0", ["multicast", "broadcast"]],
    ["::", ["broadcast"]],
  ] as const) {
    test(`${kind} on ${host}, RFC 7252 8.1, 8.2: what was sent to many is not handed on, and what was sent to one is`, async () => {
      const { port, at } = await open(host);
      const client = createSocket("udp4");
      await new Promise<void>((resolve) => client.bind(0, "127.0.0.1", resolve));
      client.setBroadcast(true);
      client.setMulticastInterface("127.0.0.1");
      client.addMembership(ALL_COAP_NODES, "127.0.0.1");
      for (const to of ["127.255.255.255", ALL_COAP_NODES, "127.0.0.1"]) {
        await new Promise<void>((resolve) => client.send(to, port.port, to, () => resolve()));
      }
      await at.until(() => at.received.length === 1);
      client.close();
      await port.close();
      assert.is(at.received[0]?.text, "127.0.0.1");
      // Sockets that are bound to one address do not even hear of the others.
      assert.equal(at.leftOuts, kind === "dgram" ? [] : heard);
      assert.equal(at.failures, []);
    });
  }

  test(`${kind}, RFC 7252 8.1: an address of many is none to listen on`, async () => {
    for (const host of [
      "224.0.1.187",
      "239.255.255.255",
      "255.255.255.255",
      "127.255.255.255",
      "ff02::1",
      "FF05::fd",
    ]) {
      assert.is(await bindCode(host, 0), "EADDRNOTAVAIL", host);
    }
  });

  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const address = addresses?.find(({ address }) => address.startsWith("fe80:"))?.address;
    if (address === undefined) continue;
    test(`${kind}, RFC 4007: a link-local peer on ${name} has its zone, and is answered through it`, async () => {
      const { port, at } = await openEcho("::");
      const atClient = new PortListener();
      const client = await UdpSocket.connect(peerAddress(`${address}%${name}`, port.port), atClient);
      client.send(toUtf8("near"));
      await atClient.until(() => atClient.received.length === 1);
      assert.is(at.received[0]?.from, peerAddress(`${address}%${name}`, client.port, `${address}%${name}`));
      await client.close();
      await port.close();
      const zoned = await open(`${address}%${name}`);
      assert.is(zoned.port.host, `${address}%${name}`);
      await zoned.port.close();
    });
  }

  test(`${kind}: datagrams without a byte, with one, and with as many as UDP over IPv4 carries`, async () => {
    const { port } = await openEcho("127.0.0.1");
    const atClient = new PortListener();
    const client = await UdpSocket.connect(peerAddress("127.0.0.1", port.port), atClient);
    for (const length of [0, 1, 65_507]) {
      atClient.received.splice(0);
      const bytes = sampleBytes(length, length);
      client.send(bytes);
      await atClient.until(() => atClient.received.length === 1);
      assert.ok(atClient.received[0]!.bytes.equals(bytes), `${length} bytes`);
    }
    await client.close();
    await port.close();
  });

  test(`${kind}: a burst of thousands comes whole and in order, and every one is answered`, async () => {
    const { port, at } = await openEcho("::");
    const atClient = new PortListener();
    const client = await UdpSocket.connect(peerAddress("127.0.0.1", port.port), atClient);
    const numbers = Array.from({ length: 3_000 }, (_, i) => String(i));
    for (const number of numbers) client.send(toUtf8(number));
    await atClient.until(() => atClient.received.length === numbers.length);
    for (const listener of [at, atClient]) {
      assert.equal(
        listener.received.map(({ text }) => text),
        numbers,
      );
    }
    assert.is(
      at.batches.reduce((sum, count) => sum + count, 0),
      numbers.length,
    );
    await client.close();
    await port.close();
  });

  test(`${kind}: a port in use, an address of somebody else's, and no address have the system's names`, async () => {
    const { port } = await open("127.0.0.1");
    assert.is(await bindCode("127.0.0.1", port.port), "EADDRINUSE");
    await port.close();
    assert.is(await bindCode("127.0.0.1", port.port), undefined);
    assert.is(await bindCode("198.51.100.7", 0), "EADDRNOTAVAIL");
    assert.is(await bindCode("2001:db8::7", 0), "EADDRNOTAVAIL");
  });

  for (const length of [65_508, 65_535, 70_000]) {
    test(`${kind}: ${length} bytes, which no UDP over IPv4 can carry, are told, and the others go out`, async () => {
      const [server, client] = [await open("127.0.0.1"), await open("127.0.0.1")];
      const to = peerAddress("127.0.0.1", server.port.port);
      client.port.sendTo(to, toUtf8("before"));
      client.port.sendTo(to, new Uint8Array(length));
      client.port.sendTo(to, toUtf8("after"));
      client.port.flush();
      await client.at.until(() => client.at.failures.length === 1);
      await server.at.until(() => server.at.received.length === 2);
      assert.equal(client.at.failures, ["EMSGSIZE"]);
      assert.equal(
        server.at.received.map(({ text }) => text),
        ["before", "after"],
      );
      await client.port.close();
      await server.port.close();
    });
  }

  test(`${kind}, RFC 768: an answer to port 0, where nobody is, is told, and the others go out`, async () => {
    const [server, client] = [await open("127.0.0.1"), await open("127.0.0.1")];
    client.port.sendTo(peerAddress("127.0.0.1", 0), toUtf8("to nobody"));
    client.port.sendTo(peerAddress("127.0.0.1", server.port.port), toUtf8("after"));
    client.port.flush();
    await server.at.until(() => server.at.received.length === 1);
    assert.equal(client.at.failures, ["EINVAL"]);
    await Promise.all([client.port.close(), server.port.close()]);
  });

  test(`${kind}, RFC 792: a peer that is gone is no failure, and the port serves on`, async () => {
    const [gone, { port, at }] = [await open("127.0.0.1"), await openEcho("127.0.0.1")];
    await gone.port.close();
    for (let i = 0; i < 10; i++) port.sendTo(peerAddress("127.0.0.1", gone.port.port), toUtf8("anyone?"));
    port.flush();
    const atClient = new PortListener();
    const client = await UdpSocket.connect(peerAddress("127.0.0.1", port.port), atClient);
    client.send(toUtf8("still here?"));
    await atClient.until(() => atClient.received.length === 1);
    assert.equal(at.failures, []);
    await client.close();
    await port.close();
  });

  test(`${kind}: what was sent before closing arrives`, async () => {
    const [server, client] = [await open("127.0.0.1"), await open("127.0.0.1")];
    const to = peerAddress("127.0.0.1", server.port.port);
    for (let i = 0; i < 2_000; i++) {
      await client.port.room();
      client.port.sendTo(to, toUtf8(String(i)));
    }
    await client.port.close();
    await server.at.until(() => server.at.received.length === 2_000);
    await server.port.close();
  });

  test(`${kind}: two ports in one process keep apart what comes to them`, async () => {
    const ports = [await openEcho("127.0.0.1"), await openEcho("127.0.0.1")];
    const atClient = new PortListener();
    const client = await open("127.0.0.1");
    for (const { port } of ports) client.port.sendTo(peerAddress("127.0.0.1", port.port), toUtf8(`to ${port.port}`));
    client.port.flush();
    await client.at.until(() => client.at.received.length === 2);
    for (const { port, at } of ports) assert.equal([at.received.length, at.received[0]?.text], [1, `to ${port.port}`]);
    assert.equal(atClient.received, []);
    await Promise.all([client, ...ports].map(({ port }) => port.close()));
  });

  test(`${kind}: closed by the listener in the middle of a burst, it hears no more`, async () => {
    const { port, at } = await open("127.0.0.1");
    at.answer = () => void port.close();
    const client = await UdpSocket.connect(peerAddress("127.0.0.1", port.port), new PortListener());
    for (let i = 0; i < 200; i++) client.send(toUtf8(String(i)));
    await at.until(() => at.received.length > 0);
    for (let i = 0; i < 20; i++) await turn();
    assert.is(at.received.length, 1);
    await client.close();
  });
}

test.run();
