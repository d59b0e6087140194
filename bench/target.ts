// The servers that a benchmark measures, each a process of its own with the same image and key.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FirmwareStore } from "../firmware-store/firmware-store.ts";
import { PskStore } from "../psk/psk-store.ts";
import { toUtf8 } from "../src/base/bytes.ts";
import { Secret } from "../src/base/secret.ts";

export interface Target {
  readonly name: string;
  readonly pid: number;
  readonly coapPort: number;
  readonly coapsPort: number;
  readonly path: readonly string[];
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
  stop(): Promise<void>;
}

const IDENTITY = "bench";
const KEY = "benchmarkkey0001";

/** Our own server, by its command line as an operator starts it. */
export async function startNarrowboat(image: Uint8Array, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), "narrowboat-bench-"));
  const file = join(data, "image.bin");
  writeFileSync(file, image);
  const store = FirmwareStore.open(data);
  store.publish({ file, product: "bench", version: "1", publishedAt: 0 });
  store.close();
  const keys = PskStore.open(data);
  keys.add(toUtf8(IDENTITY), new Secret(toUtf8(KEY)), 0);
  keys.close();
  const main = join(import.meta.dirname, "../src/cli/main.js");
  const args = ["serve", "--host", "127.0.0.1", "--coaps-port", "0", "--coap", "--coap-port", "0", "--data", data];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  const ports = await listeningPorts(child);
  return {
    name: "narrowboat",
    pid: child.pid!,
    ...ports,
    path: ["fw", "bench", "1"],
    identity: toUtf8(IDENTITY),
    key: toUtf8(KEY),
    stop: async () => {
      await stopProcess(child);
      rmSync(data, { recursive: true });
    },
  };
}

async function listeningPorts(child: ChildProcess): Promise<{ coapPort: number; coapsPort: number }> {
  const ports = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = /^listening (coaps?):\/\/.*:(\d+)$/.exec(line);
    if (found) ports.set(found[1]!, Number(found[2]));
    if (ports.size === 2) break;
  }
  if (ports.size < 2) throw new Error("narrowboat serve ended before it listened");
  child.stdout!.resume();
  return { coapPort: ports.get("coap")!, coapsPort: ports.get("coaps")! };
}

/** libcoap's example server, which keeps what is PUT to it and serves it by Block2. */
export async function startLibcoap(command: string, client: string, image: Uint8Array): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), "libcoap-bench-"));
  const file = join(data, "image.bin");
  writeFileSync(file, image);
  const coapPort = await freePortPair();
  const args = ["-A", "127.0.0.1", "-p", String(coapPort), "-k", KEY, "-h", "hint"];
  const child = spawn(command, args, { stdio: "ignore" });
  const path = "example_data";
  const uri = `coap://127.0.0.1:${coapPort}/${path}`;
  // The client repeats its first message until the server is there.
  execFileSync(client, ["-m", "put", "-b", "1024", "-f", file, uri], { timeout: 30_000 });
  return {
    name: "libcoap",
    pid: child.pid!,
    coapPort,
    coapsPort: coapPort + 1,
    path: [path],
    identity: toUtf8(IDENTITY),
    key: toUtf8(KEY),
    stop: async () => {
      await stopProcess(child);
      rmSync(data, { recursive: true });
    },
  };
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** A port whose successor is free too: coap-server takes both. */
async function freePortPair(): Promise<number> {
  for (;;) {
    const first = createSocket("udp4");
    const second = createSocket("udp4");
    try {
      first.bind(0, "127.0.0.1");
      await once(first, "listening");
      const { port } = first.address();
      if (port === 65_535) continue;
      second.bind(port + 1, "127.0.0.1");
      await once(second, "listening");
      return port;
    } catch {
      // The successor is taken; another pair may be free.
    } finally {
      first.close();
      second.close();
    }
  }
}
