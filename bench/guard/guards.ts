// What CI watches: a few figures that stand for the whole, each as its ratio to echoes in the same seconds. An echo does
// what any server has to do; so a slow machine, or a slow minute, slows both.

import { type Bench, named } from "../bench.ts";
import { blockCost, CPU_PER_BLOCK } from "../block-cost.ts";
import { HANDSHAKE_WINDOW, type Protocol } from "../load/device-crowd.ts";
import { CPU_PER_HANDSHAKE, HandshakeFlow } from "../load/handshake-flow.ts";
import { connectAll } from "../load/handshakes.ts";
import type { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";

export interface Guard {
  readonly id: string;
  readonly title: string;
  readonly contender: ContenderId;
  /** Gets ready and gives back what measures one slice: microseconds for each block or handshake. */
  prepare(bench: Bench, stage: Stage, target: Target): Promise<() => Promise<number>>;
}

const CLIENTS = 64;
const SLEEPERS = 2_000;
export const IDENTITY_COUNT = CLIENTS + SLEEPERS;
/** Before a slice. */
const WARM_UP_MS = 40;
const SLICE_MS = 350;
/** The echo gets so much done that little time is enough. */
const ECHO_SLICE_MS = 120;
const QUICK_SLICE_MS = 40;

export const GUARDS: readonly Guard[] = [
  blocks("plain", "narrowboat", "Plain CoAP, a block"),
  blocks("plain", "narrowboat-off", "Plain CoAP, a block, native off"),
  blocks("dtls", "narrowboat", "DTLS, a block"),
  blocks("dtls", "narrowboat-off", "DTLS, a block, native off"),
  {
    id: "handshake.narrowboat",
    title: "DTLS, a handshake",
    contender: "narrowboat",
    prepare: async (bench, stage, target) => {
      const flow = new HandshakeFlow(stage.crowd(target), target);
      return async () => (await flow.cost(bench.quick ? QUICK_SLICE_MS : SLICE_MS))[CPU_PER_HANDSHAKE]!;
    },
  },
  {
    id: "sleepers.narrowboat",
    title: `DTLS, a block beside ${SLEEPERS} idle sessions`,
    contender: "narrowboat",
    prepare: async (bench, stage, target) => {
      const credentials = { serverPort: target.coapsPort!, identity: target.identity, key: target.key };
      const range = { first: CLIENTS, count: bench.quick ? 10 : SLEEPERS, window: HANDSHAKE_WINDOW };
      await connectAll(stage.crowd(target), credentials, range, () => {});
      return blockMeasure(bench, stage, target, "dtls");
    },
  },
];

/** Those whose id is or begins with one of these words; all for no words. Throws for a word of none. */
export function guardsNamed(words: readonly string[]): readonly Guard[] {
  return named(GUARDS, words);
}

/** One slice of an echo that all are compared with. */
export function echoMeasure(bench: Bench, stage: Stage, target: Target): Promise<() => Promise<number>> {
  return blockMeasure(bench, stage, target, "plain", ECHO_SLICE_MS);
}

function blocks(protocol: Protocol, contender: ContenderId, title: string): Guard {
  return {
    id: `${protocol}.${contender}`,
    title,
    contender,
    prepare: (bench, stage, target) => blockMeasure(bench, stage, target, protocol),
  };
}

async function blockMeasure(
  bench: Bench,
  stage: Stage,
  target: Target,
  protocol: Protocol,
  sliceMs = SLICE_MS,
): Promise<() => Promise<number>> {
  const { loop } = await stage.devices(target, { protocol, blockSize: 1024, clients: CLIENTS });
  const times = { warmUpMs: WARM_UP_MS, measureMs: bench.quick ? QUICK_SLICE_MS : sliceMs };
  return async () => (await blockCost(target.pid, loop, times))[CPU_PER_BLOCK]!;
}
