// Our own server, by its command line as an operator starts it.

import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import type { Resources } from "../resources.ts";
import { matchedLines } from "./listening.ts";
import { type Contender, identityText, KEY, type Target } from "./target.ts";

export interface NarrowboatOptions {
  /** The program that runs it. */
  readonly node: string;
  /** Without it NARROWBOAT_NATIVE=off. */
  readonly native: boolean;
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.js");
const PRODUCT = "bench";
const VERSION = "1";
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
  const { node, native, data, product, identityCount, flags = [] } = input;
  const ports = ["--coaps-port", "0", "--coap", "--coap-port", "0"];
  const args = [MAIN, "serve", "--host", "127.0.0.1", ...ports, "--data", data, ...flags];
  const env = native ? process.env : { ...process.env, NARROWBOAT_NATIVE: "off" };
  const child = resources.spawn(node, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const found = await matchedLines(child, /^listening (coaps?):\/\/.*:(\d+)$/, 2);
  const portOf = (scheme: string) => Number(found.find((match) => match[1] === scheme)?.[2]);
  return {
    pid: child.pid!,
    coapPort: portOf("coap"),
    coapsPort: portOf("coaps"),
    path: ["fw", product, VERSION],
    identity: (device) => toUtf8(identityText(device, identityCount)),
    key: toUtf8(KEY),
    stop: () => resources.stop(child),
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
  const keys = PskStore.open(data);
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
