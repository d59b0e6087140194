// Our own server, by its command line as an operator starts it.

import { type ChildProcess, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { systemCrypto } from "../../src/shell/system-crypto.ts";
import type { Resources } from "../resources.ts";
import { matchedLines } from "./listening.ts";
import { type Contender, identityText, KEY, type Target } from "./target.ts";

export interface NarrowboatOptions {
  /** The program that runs it. */
  readonly node: string;
  /** Without it NARROWBOAT_NATIVE=off. */
  readonly native: boolean;
  /** The command line's program; this checkout's own when absent. */
  readonly main?: string;
}

/** The command line's program below a folder that a build wrote. */
function mainIn(built: string): string {
  return join(built, "src/cli/main.js");
}

const MAIN = mainIn(join(import.meta.dirname, "../.."));
/** What the devices ask for unless told otherwise. */
export const PRODUCT = "bench";
export const VERSION = "1";
/** Written at a time. */
const CSV_LINES = 10_000;

export function narrowboat({ node, native }: NarrowboatOptions): Contender {
  return {
    id: native ? "narrowboat" : "narrowboat-off",
    title: native ? "narrowboat" : "narrowboat, native off",
    absence: () => undefined,
    start: async (input) => {
      const { resources, image, identityCount } = input;
      const data = resources.directory("data");
      publish(data, [{ product: PRODUCT, image }]);
      await addKeys(data, identityCount);
      const target = await serve(resources, { node, native, data, product: PRODUCT, identityCount });
      const stop = async () => {
        await target.stop();
        resources.remove(data);
      };
      return { ...target, stop };
    },
  };
}

/** The server of another checkout, built: to see what a change costs. It publishes by its own hand, for its stores may differ. */
export function earlier({ node, native }: NarrowboatOptions, checkout: string): Contender {
  const main = mainIn(join(checkout, "dist"));
  return {
    id: native ? "earlier" : "earlier-off",
    title: native ? "earlier narrowboat" : "earlier narrowboat, native off",
    absence: () =>
      existsSync(main) ? undefined : `no built checkout in ${checkout} (git worktree add, npm run build)`,
    start: async ({ resources, image, identityCount }) => {
      const data = resources.directory("data");
      const [file, csv] = [join(data, "image.bin"), join(data, "keys.csv")];
      writeFileSync(file, image);
      writeKeys(csv, identityCount);
      command(node, main, ["publish", file, "--product", PRODUCT, "--version", VERSION, "--data", data]);
      command(node, main, ["psk", "import", csv, "--data", data]);
      const target = await serve(resources, { node, native, main, data, product: PRODUCT, identityCount });
      const stop = async () => {
        await target.stop();
        resources.remove(data);
      };
      return { ...target, stop };
    },
  };
}

function command(node: string, main: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(node, [main, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${main} ${args[0]}: ${stderr.trim()}`);
}

export interface ServeInput extends NarrowboatOptions {
  readonly data: string;
  /** Whose image the devices ask for. */
  readonly product: string;
  readonly identityCount: number;
  /** Further ones of `serve`. */
  readonly flags?: readonly string[];
}

/** `narrowboat serve` over the stores in `data`. */
export async function serve(resources: Resources, input: ServeInput): Promise<Target> {
  const { node, native, main = MAIN, data, product, identityCount, flags = [] } = input;
  const ports = ["--coaps-port", "0", "--coap", "--coap-port", "0"];
  const args = [main, "serve", "--host", "127.0.0.1", ...ports, "--data", data, ...flags];
  const env = native ? process.env : { ...process.env, NARROWBOAT_NATIVE: "off" };
  const child = resources.spawn(node, args, { stdio: ["ignore", "pipe", "inherit"], env });
  return { ...(await listeningTarget(child, product, identityCount)), stop: () => resources.stop(child) };
}

/** What a process of ours serves that prints where it listens, once it has. */
export async function listeningTarget(
  child: ChildProcess,
  product: string,
  identityCount: number,
): Promise<Omit<Target, "stop">> {
  const found = await matchedLines(child, /^listening (coaps?):\/\/.*:(\d+)$/, 2);
  const portOf = (scheme: string) => Number(found.find((match) => match[1] === scheme)?.[2]);
  return {
    pid: child.pid!,
    coapPort: portOf("coap"),
    coapsPort: portOf("coaps"),
    path: ["fw", product, VERSION],
    identity: (device) => toUtf8(identityText(device, identityCount)),
    key: toUtf8(KEY),
  };
}

/** One version of each product. */
export function publish(
  data: string,
  images: Iterable<{ readonly product: string; readonly image: Uint8Array }>,
): void {
  const file = join(data, "image.bin");
  const store = FirmwareStore.open(data);
  for (const { product, image } of images) {
    writeFileSync(file, image);
    store.publish({ file, product, version: VERSION, publishedAt: 0 });
  }
  store.close();
  rmSync(file);
}

/** A key for each of so many devices. */
export async function addKeys(data: string, identityCount: number): Promise<void> {
  const csv = join(data, "keys.csv");
  writeKeys(csv, identityCount);
  const keys = PskStore.open(data, systemCrypto());
  await keys.importCsv(csv, 0);
  keys.close();
  rmSync(csv);
}

function writeKeys(csv: string, identityCount: number): void {
  const key = toHex(toUtf8(KEY));
  const file = openSync(csv, "w");
  for (let first = 0; first < identityCount; first += CSV_LINES) {
    const lines = Array.from(
      { length: Math.min(CSV_LINES, identityCount - first) },
      (_, i) => `${identityText(first + i, identityCount)},${key}\n`,
    );
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}
