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
  {
    seed: 419_382_251,
    attacked: "server",
    what: "the server's answers to earlier hellos, which a stranger repeated, ended a device's handshakes until it gave up",
  },
];
