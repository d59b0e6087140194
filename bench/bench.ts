// What every scene works with: sizes, servers that can be started, and somebody to tell how far it is.

import type { Section } from "./report/row.ts";
import type { Resources } from "./resources.ts";
import type { Contender, ContenderId } from "./targets/target.ts";

export interface BenchOptions {
  /** Alternations. */
  readonly runs: number;
  /** Measured in each run, for each server. */
  readonly measureMs: number;
  /** Small sizes: everything runs, no figure is worth quoting. */
  readonly quick: boolean;
}

export interface Bench extends BenchOptions {
  readonly resources: Resources;
  readonly contenders: ReadonlyMap<ContenderId, Contender>;
  /** The program that runs our servers. */
  readonly node: string;
  /** Whether crowds have their add-on in C; without it they are small. */
  readonly nativeLoad: boolean;
  told(progress: string): void;
}

/** Before a slice is measured. */
export const WARM_UP_MS = 60;

/** Something that is measured, by its own name. */
export interface Scene {
  /** "blocks.plain.1024.64". */
  readonly id: string;
  readonly title: string;
  run(bench: Bench): Promise<Section>;
}

/** Those whose id is or begins with one of these words: "blocks.plain" is all of plain CoAP. Throws for a word of none. */
export function named<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  words: readonly string[],
): readonly Thing[] {
  const names = (word: string, { id }: Thing) => id === word || id.startsWith(`${word}.`);
  const unknown = words.find((word) => !things.some((thing) => names(word, thing)));
  if (unknown !== undefined)
    throw new Error(`nothing is called "${unknown}": there are ${things.map(({ id }) => id).join(", ")}`);
  return words.length === 0 ? things : things.filter((thing) => words.some((word) => names(word, thing)));
}
