// Key bytes in a box that does not print: neither a log, an error nor a debugger's object dump shows them.

import { copyOf, EMPTY } from "./bytes.ts";
import type { SecretSlab } from "./secret-slab.ts";

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

export class Secret {
  readonly #length: number;
  /** Empty once the bytes are in a slab, or overwritten. */
  #bytes: Uint8Array;
  #slab: SecretSlab | undefined;
  #place = 0;

  /** Copies `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#length = bytes.length;
    this.#bytes = copyOf(bytes);
  }

  get length(): number {
    return this.#length;
  }

  /** The key bytes themselves, not a copy: for the one call that needs them. Zeros once they are overwritten. */
  reveal(): Uint8Array {
    if (this.#slab !== undefined) return this.#slab.view(this.#place);
    return this.#bytes.length === this.#length ? this.#bytes : new Uint8Array(this.#length);
  }

  /** From now on the bytes lie in `slab`: for one of very many that are kept for long. Has to be wiped in the end. */
  moveTo(slab: SecretSlab): void {
    if (this.#slab !== undefined || this.#bytes.length !== this.#length) return;
    this.#place = slab.put(this.#bytes);
    this.#slab = slab;
    this.#bytes.fill(0);
    this.#bytes = EMPTY;
  }

  /** Overwrites the bytes; for when the session or the entry that held them ends. */
  wipe(): void {
    this.#slab?.giveBack(this.#place);
    this.#slab = undefined;
    this.#bytes.fill(0);
    this.#bytes = EMPTY;
  }

  toString(): string {
    return `[secret ${this.#length} bytes]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspectSymbol](): string {
    return this.toString();
  }
}
