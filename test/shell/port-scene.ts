// Scenes with ports in a process of their own, which may break or meet a stubborn system: native ports, or those of
// node:dgram where NARROWBOAT_NATIVE says so. The argument names the scene; what it found out is printed as one line of JSON.

import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { toUtf8 } from "../../src/base/bytes.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import type { DatagramPort } from "../../src/shell/datagram-port.ts";
import { bindDatagramPort } from "../../src/shell/datagram-port-binding.ts";
import { UdpSocket } from "../../src/shell/udp-socket.ts";
import { PortListener } from "./port-listener.ts";

const HOST = "127.0.0.1";
const WORKER = new URL("../native/port-worker.js", import.meta.url);

interface Opened {
  readonly port: DatagramPort;
  readonly at: PortListener;
  readonly address: PeerAddress;
}

/** `address` is where others reach it, and leave from HOST. */
async function open(host = HOST): Promise<Opened> {
  const at = new PortListener();
  const port = await bindDatagramPort(host, 0, at);
  return { port, at, address: peerAddress(HOST, port.port, HOST) };
}

function print(found: unknown): void {
  console.log(JSON.stringify(found));
}

/** The letters that are left: how stubborn the system will yet be. */
function lettersLeft(variable: "STUBBORN_SENDS" | "STUBBORN_RECEIVES"): number {
  return process.env[variable]?.length ?? 0;
}

function texts({ received }: PortListener): string[] {
  return received.map(({ text }) => text);
}

/** `count` datagrams, each its number, against `letters`; `lost` of them do not arrive. */
async function sends(letters: string, count: number, lost: number, host?: string): Promise<void> {
  const [from, to] = [await open(host), await open(host)];
  process.env["STUBBORN_SENDS"] = letters;
  for (let i = 0; i < count; i++) from.port.sendTo(to.address, toUtf8(String(i)));
  from.port.flush();
  await to.at.until(() => to.at.received.length === count - lost);
  print({ arrived: texts(to.at), failures: from.at.failures, lettersLeft: lettersLeft("STUBBORN_SENDS") });
  await Promise.all([from.port.close(), to.port.close()]);
}

/** More than the queue holds, while the system takes nothing. */
async function fills(count: number, length: number): Promise<void> {
  const [from, to] = [await open(), await open()];
  process.env["STUBBORN_SENDS"] = "a".repeat(2 * count);
  for (let i = 0; i < count; i++) from.port.sendTo(to.address, new Uint8Array(length));
  const refused = from.at.failures.length;
  process.env["STUBBORN_SENDS"] = "";
  await to.at.until(() => to.at.received.length === count - refused);
  from.port.sendTo(to.address, toUtf8("again"));
  from.port.flush();
  await to.at.until(() => texts(to.at).at(-1) === "again");
  print({ arrived: to.at.received.length - 1, refused, codes: [...new Set(from.at.failures)] });
  await Promise.all([from.port.close(), to.port.close()]);
}

/** More than the queue holds, by a sender that waits for room. */
async function waits(count: number, length: number): Promise<void> {
  const [from, to] = [await open(), await open()];
  process.env["STUBBORN_SENDS"] = "aaaaaaaa";
  for (let i = 0; i < count; i++) {
    await from.port.room();
    from.port.sendTo(to.address, new Uint8Array(length));
  }
  await from.port.close();
  await to.at.until(() => to.at.received.length === count);
  print({ arrived: to.at.received.length, failures: from.at.failures, lettersLeft: lettersLeft("STUBBORN_SENDS") });
  await to.port.close();
}

/** Requests that come while answers wait for the system. */
async function holdsBack(): Promise<void> {
  const echo = await open();
  echo.at.answer = (from, datagram) => echo.port.sendTo(from, datagram);
  echo.at.flush = () => echo.port.flush();
  const atClient = new PortListener();
  const client = await UdpSocket.connect(echo.address, atClient);
  for (let i = 0; i < 300; i++) client.send(toUtf8(String(i)));
  process.env["STUBBORN_SENDS"] = "a".repeat(50);
  let readMeanwhile = 0;
  while (lettersLeft("STUBBORN_SENDS") > 0) {
    await turn();
    if (lettersLeft("STUBBORN_SENDS") > 0) readMeanwhile = echo.at.received.length;
  }
  await atClient.until(() => atClient.received.length === 300);
  print({ readMeanwhile, answers: texts(atClient) });
  await Promise.all([client.close(), echo.port.close()]);
}

async function closesLate(host?: string): Promise<void> {
  const [from, to] = [await open(host), await open()];
  process.env["STUBBORN_SENDS"] = "a".repeat(50);
  for (let i = 0; i < 10; i++) from.port.sendTo(to.address, toUtf8(String(i)));
  await from.port.close();
  const left = lettersLeft("STUBBORN_SENDS");
  await to.at.until(() => to.at.received.length === 10);
  print({ arrived: texts(to.at), lettersLeft: left });
  await to.port.close();
}

async function receives(letters: string, lost: number, host?: string): Promise<void> {
  const [from, to] = [await open(), await open(host)];
  process.env["STUBBORN_RECEIVES"] = letters;
  for (let i = 0; i < 10; i++) from.port.sendTo(to.address, toUtf8(String(i)));
  from.port.flush();
  await to.at.until(() => to.at.received.length === 10 - lost);
  print({ arrived: texts(to.at), failures: to.at.failures });
  await Promise.all([from.port.close(), to.port.close()]);
}

async function refused(): Promise<void> {
  const [gone, from, to] = [await open(), await open(), await open()];
  await gone.port.close();
  process.env["STUBBORN_SENDS"] = "c";
  from.port.sendTo(gone.address, toUtf8("anyone?"));
  from.port.flush();
  await from.at.until(() => from.at.failures.length > 0);
  from.port.sendTo(to.address, toUtf8("you"));
  from.port.flush();
  await to.at.until(() => to.at.received.length === 1);
  print({ failures: from.at.failures });
  await Promise.all([from.port.close(), to.port.close()]);
}

/** The listener throws in the call for the first datagram, or at the end of its batch. */
async function throws(where: "answer" | "flush"): Promise<void> {
  const { port, at, address } = await open();
  let calls = 0;
  at[where] = () => {
    calls++;
    if (calls === 1) throw new Error("the listener broke");
    void port.close();
    print("heard the next one");
  };
  port.sendTo(address, toUtf8("first"));
  port.flush();
  setTimeout(() => {
    port.sendTo(address, toUtf8("second"));
    port.flush();
  }, 50);
}

async function survives(): Promise<void> {
  process.on("uncaughtException", (error) => print(error.message));
  await throws("answer");
}

async function exitsInside(): Promise<void> {
  const { port, at, address } = await open();
  at.answer = () => process.exit(7);
  port.sendTo(address, toUtf8("now"));
  port.flush();
}

/** Workers that end with their ports open: by terminate(), by their own exit and by an exception. */
async function workers(): Promise<void> {
  const ends: unknown[] = [];
  for (const how of ["terminated", "exits", "throws", "closes", "terminated"] as const) {
    const worker = new Worker(WORKER, { workerData: how });
    const errors: string[] = [];
    worker.on("error", (error) => errors.push(error.message));
    const ended = new Promise<number>((resolve) => worker.once("exit", resolve));
    const portNumber = await new Promise<number>((resolve) => worker.once("message", resolve));
    const client = await UdpSocket.connect(peerAddress(HOST, portNumber), new PortListener());
    for (let i = 0; i < 100; i++) client.send(toUtf8(String(i)));
    if (how === "terminated") await turn();
    if (how === "terminated") void worker.terminate();
    ends.push([how, await ended, ...errors]);
    await client.close();
  }
  print(ends);
}

const SCENES: Readonly<Record<string, (...args: string[]) => unknown>> = {
  sends: (letters, count, lost, host) => sends(letters!, Number(count), Number(lost), host),
  fills: (count, length) => fills(Number(count), Number(length)),
  waits: (count, length) => waits(Number(count), Number(length)),
  holdsBack,
  closesLate,
  receives: (letters, lost, host) => receives(letters!, Number(lost), host),
  refused,
  throwsInDatagram: () => throws("answer"),
  throwsAtBatchEnd: () => throws("flush"),
  survives,
  exitsInside,
  workers,
};

const [scene = "", ...args] = process.argv.slice(2);
await SCENES[scene]?.(...args);
