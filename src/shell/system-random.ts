// The system's cryptographic randomness. Handshakes and CBC records draw few bytes at a time, so a pool spares most calls.

import { randomFillSync } from "node:crypto";
import type { RandomSource } from "../base/random-source.ts";

const POOL_LENGTH = 4096;

export class SystemRandom implements RandomSource {
  readonly #pool = new Uint8Array(POOL_LENGTH);
  #used = POOL_LENGTH;

  fill(target: Uint8Array): void {
    if (target.length > POOL_LENGTH) {
      randomFillSync(target);
      return;
    }
    if (this.#used + target.length > POOL_LENGTH) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const drawn = this.#pool.subarray(this.#used, this.#used + target.length);
    target.set(drawn);
    // What was given out must not be found in this process's memory a second time.
    drawn.fill(0);
    this.#used += target.length;
  }
}
