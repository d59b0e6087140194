// A program that starts takes a processor for half a second, and who shares it with a link that runs in real time makes that
// slower than it is: never are many started at once.

import { setTimeout } from "node:timers/promises";

export class SpacedTurns {
  readonly #apartMs: number;
  #next = Date.now();

  constructor(apartMs: number) {
    this.#apartMs = apartMs;
  }

  /** Resolves when it is the caller's turn. */
  async turn(): Promise<void> {
    const at = Math.max(this.#next, Date.now());
    this.#next = at + this.#apartMs;
    await setTimeout(at - Date.now());
  }
}
