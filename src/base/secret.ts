// Key bytes in a box that does not print: neither a log, an error nor a debugger's object dump shows them.

import { copyOf } from "./bytes.ts";

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

export class Secret {
  readonly #bytes: Uint8Array;

  /** Copies `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = copyOf(bytes);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The key bytes themselves, not a copy: for the one call that needs them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  /** Overwrites the bytes; for when the session or the entry that held them ends. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return `[secret ${this.#bytes.length} bytes]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspectSymbol](): string {
    return this.toString();
  }
}
