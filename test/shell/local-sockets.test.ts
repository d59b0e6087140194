// A socket for each address of this computer: which addresses those are, and what becomes of the sockets when they change.
// The system's list of them is one that a test writes; out of 127.0.0.0/8 every address can be had.

import { syncBuiltinESMExports } from "node:module";
import os, { type NetworkInterfaceInfo } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { isAddressOfMany, isAllAddresses, localAddresses } from "../../src/shell/local-addresses.ts";
import { LocalSockets } from "../../src/shell/local-sockets.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { PortListener } from "./port-listener.ts";

const test = suite("local-sockets");
const { networkInterfaces } = os;

/** What the system says from now on. */
function listed(list: typeof networkInterfaces): void {
  os.networkInterfaces = list;
  syncBuiltinESMExports();
}

function ipv4(address: string, netmask = "255.0.0.0"): NetworkInterfaceInfo {
  return { address, netmask, family: "IPv4", mac: "", internal: false, cidr: null };
}

function ipv6(address: string, scopeid: number): NetworkInterfaceInfo {
  return { address, netmask: "", family: "IPv6", mac: "", internal: false, cidr: null, scopeid };
}

function has(...addresses: readonly string[]): void {
  listed(() => ({ lo: addresses.map((address) => ipv4(address)) }));
}

test.after.each(() => listed(networkInterfaces));

interface Opened {
  readonly sockets: LocalSockets;
  readonly at: PortListener;
}

async function open(): Promise<Opened> {
  const at = new PortListener();
  return { sockets: await LocalSockets.bind("0.0.0.0", 0, at), at };
}

/** Asks at an address until an answer comes. */
async function asks({ sockets, at }: Opened, address: string): Promise<void> {
  at.answer = (from, datagram) => sockets.sendTo(from, Uint8Array.from(datagram));
  const atClient = new PortListener();
  const client = await UdpSocket.connect(peerAddress(address, sockets.port), atClient);
  const asking = setInterval(() => client.send(toUtf8(address)), 50);
  await atClient.until(() => atClient.received.length > 0);
  clearInterval(asking);
  assert.is(atClient.received[0]?.text, address);
  await client.close();
}

/** Whether a port of an address is nobody's. */
async function isFree(address: string, port: number): Promise<boolean> {
  try {
    await (await UdpSocket.bind(address, port, new PortListener())).close();
    return true;
  } catch {
    return false;
  }
}

test("all addresses are those of both families, a link-local one with its zone; 0.0.0.0 are those of IPv4", () => {
  listed(() => ({
    lo: [ipv4("127.0.0.1")],
    eth0: [ipv4("192.0.2.1"), ipv6("2001:db8::1", 0), ipv6("fe80::1", 2)],
    eth1: [ipv6("fe80::1", 3)],
  }));
  const hosts = (host: string) => [...localAddresses(host).values()];
  const ipv4Only = ["127.0.0.1", "192.0.2.1"].map((host) => ({ host, zoneIndex: 0 }));
  assert.equal(hosts("0.0.0.0"), ipv4Only);
  assert.equal(hosts("::"), [
    ...ipv4Only,
    { host: "2001:db8::1", zoneIndex: 0 },
    { host: "fe80::1%eth0", zoneIndex: 2 },
    { host: "fe80::1%eth1", zoneIndex: 3 },
  ]);
});

test("1,024 addresses are listened on, and no more", () => {
  listed(() => ({ eth0: Array.from({ length: 2_000 }, (_, i) => ipv6(`2001:db8::${i.toString(16)}`, 0)) }));
  assert.is(localAddresses("::").size, 1_024);
});

for (const [host, all, many] of [
  ["::", true, false],
  ["0.0.0.0", true, false],
  ["0:0:0:0:0:0:0:0", true, false],
  ["::1", false, false],
  ["10.0.0.0", false, false],
  ["192.0.2.127", false, true],
  ["192.0.2.255", false, false],
  ["192.0.2.5", false, false],
  ["223.255.255.255", false, false],
  ["224.0.0.1", false, true],
  ["240.0.0.1", false, false],
  ["fe80::ff", false, false],
] as const) {
  test(`${host} stands for ${all ? "all addresses" : many ? "many" : "one"}`, () => {
    listed(() => ({ eth0: [ipv4("192.0.2.5", "255.255.255.128"), ipv4("192.0.2.255", "255.255.255.255")] }));
    assert.equal([isAllAddresses(host), isAddressOfMany(host)], [all, many]);
  });
}

test("an address that comes is served, and one that goes gives its socket back", async () => {
  has("127.0.0.1");
  const opened = await open();
  const { port } = opened.sockets;
  await asks(opened, "127.0.0.1");
  has("127.0.0.1", "127.0.0.2");
  await asks(opened, "127.0.0.2");
  has("127.0.0.2");
  while (!(await isFree("127.0.0.1", port))) await new Promise((resolve) => setTimeout(resolve, 50));
  await asks(opened, "127.0.0.2");
  assert.equal(opened.at.failures, []);
  await opened.sockets.close();
  assert.ok(await isFree("127.0.0.2", port));
});

test("RFC 4862 5.4: an address that is tentative, or gone before it is bound, is no failure", async () => {
  has("127.0.0.1", "198.51.100.7");
  const opened = await open();
  await asks(opened, "127.0.0.1");
  assert.equal(opened.at.failures, []);
  await opened.sockets.close();
});

test("where another program has the port on an address that comes, it is told, and the others are served", async () => {
  has("127.0.0.1");
  const opened = await open();
  const other = await UdpSocket.bind("127.0.0.2", opened.sockets.port, new PortListener());
  has("127.0.0.1", "127.0.0.2", "127.0.0.3");
  await asks(opened, "127.0.0.3");
  assert.equal([...new Set(opened.at.failures)], ["EADDRINUSE"]);
  await other.close();
  await asks(opened, "127.0.0.2");
  await opened.sockets.close();
});

test("a system that does not say which addresses there are is told, and what is bound goes on", async () => {
  has("127.0.0.1");
  const opened = await open();
  listed(() => {
    throw Object.assign(new Error("no list"), { code: "ERR_SYSTEM_ERROR" });
  });
  await opened.at.until(() => opened.at.failures.length > 0);
  assert.equal(opened.at.failures, ["ERR_SYSTEM_ERROR"]);
  await asks(opened, "127.0.0.1");
  await opened.sockets.close();
});

test("closed while it follows, it leaves no socket behind", async () => {
  has("127.0.0.1");
  const { sockets } = await open();
  let closed: Promise<void> | undefined;
  const asked = new Promise<void>((resolve) => {
    listed(() => {
      closed ??= sockets.close();
      resolve();
      return { lo: [ipv4("127.0.0.1"), ipv4("127.0.0.2")] };
    });
  });
  await asked;
  await closed;
  assert.equal([await isFree("127.0.0.1", sockets.port), await isFree("127.0.0.2", sockets.port)], [true, true]);
});

test.run();
