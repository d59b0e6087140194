// Our own server, by its command line as an operator starts it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import type { Resources } from "../resources.ts";
import { matchedLines } from "./listening.ts";
import { type Contender, identityText, KEY, type Target, type TargetInput } from "./target.ts";

export interface NarrowboatOptions {
  /** The program that runs it. */
  readonly node: string;
  /** Without it NARROWBOAT_NATIVE=off. */
  readonly native: boolean;
}

export const MAIN = join(import.meta.dirname, "../../src/cli/main.js");
const PRODUCT = "bench";
const VERSION = "1";

export function narrowboat({ node, native }: NarrowboatOptions): Contender {
  return {
    id: native ? "narrowboat" : "narrowboat-off",
    title: native ? "narrowboat" : "narrowboat, native off",
    absence: () => undefined,
    start: async (input) => {
      const data = input.resources.directory("data");
      await fill(data, input);
      return serve(input.resources, { node, native, data, identityCount: input.identityCount });
    },
  };
}

/** `narrowboat serve` over the stores in `data`, with further flags if any. */
export async function serve(
  resources: Resources,
  options: NarrowboatOptions & {
    readonly data: string;
    readonly identityCount: number;
    readonly flags?: readonly string[];
  },
): Promise<Target> {
  const { node, native, data, identityCount, flags = [] } = options;
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
    path: ["fw", PRODUCT, VERSION],
    identity: (device) => toUtf8(identityText(device, identityCount)),
    key: toUtf8(KEY),
    stop: async () => {
      await resources.stop(child);
      resources.remove(data);
    },
  };
}

async function fill(data: string, { image, identityCount }: TargetInput): Promise<void> {
  const file = join(data, "image.bin");
  writeFileSync(file, image);
  const store = FirmwareStore.open(data);
  store.publish({ file, product: PRODUCT, version: VERSION, publishedAt: 0 });
  store.close();
  const csv = join(data, "keys.csv");
  const key = toHex(toUtf8(KEY));
  const lines = Array.from({ length: identityCount }, (_, device) => `${identityText(device, identityCount)},${key}\n`);
  writeFileSync(csv, lines.join(""));
  const keys = PskStore.open(data);
  await keys.importCsv(csv, 0);
  keys.close();
}
