// Our own server as a process that can be asked what it holds.

import { once } from "node:events";
import { join } from "node:path";
import { addKeys, listeningTarget, type NarrowboatOptions, PRODUCT, publish } from "./narrowboat-target.ts";
import type { Contender, Target, TargetInput } from "./target.ts";

const PROGRAM = join(import.meta.dirname, "observed-server.js");

export interface Observation {
  /** Entries, by the table's name; see FirmwareServer. */
  readonly tables: Readonly<Record<string, number>>;
  /** Of V8's heap and outside of it, after collections: the least of several. */
  readonly memoryBytes: number;
  /** What keeps the process alive: sockets, timers, files under way. */
  readonly handles: number;
}

export interface ObservedTarget extends Target {
  /** What there is when so much more time has passed for the server, ms. */
  observe(passMs?: number): Promise<Observation>;
}

export function observedNarrowboat({ node, native }: NarrowboatOptions): Contender<ObservedTarget> {
  return {
    id: native ? "narrowboat" : "narrowboat-off",
    title: native ? "narrowboat" : "narrowboat, native off",
    absence: () => undefined,
    start: (input) => start(input, { node, native }),
  };
}

async function start(input: TargetInput, { node, native }: NarrowboatOptions): Promise<ObservedTarget> {
  const { resources, image, identityCount } = input;
  const data = resources.directory("data");
  publish(data, [{ product: PRODUCT, image }]);
  await addKeys(data, identityCount);
  const child = resources.spawn(node, ["--expose-gc", PROGRAM, data], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: native ? process.env : { ...process.env, NARROWBOAT_NATIVE: "off" },
  });
  return {
    ...(await listeningTarget(child, PRODUCT, identityCount)),
    observe: async (passMs = 0) => {
      child.send(passMs);
      const [observation] = (await once(child, "message")) as [Observation];
      return observation;
    },
    stop: async () => {
      await resources.stop(child);
      resources.remove(data);
    },
  };
}
