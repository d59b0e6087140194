// Cases that failed once, by their seeds: each is run again with every `npm test`, and names what it found.

import type { Attacked } from "./fuzz-case.ts";

export interface Finding {
  readonly seed: number;
  readonly attacked: Attacked;
  /** What went wrong. */
  readonly what: string;
}

export const FINDINGS: readonly Finding[] = [
  {
    seed: 700_309,
    attacked: "server",
    what: "a word about a lost session, which a stranger provoked, ended a handshake that was under way",
  },
];
