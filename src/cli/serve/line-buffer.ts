// Lines that are written together: a thousand devices that begin at once make a thousand lines in a few turns of the event
// loop, and a call of the system for each of these costs more than the lines. They wait as bytes: text that waits is moved
// about by the garbage collector.

import { copyOf } from "../../base/bytes.ts";

/** Longer text does not wait. */
const LENGTH_MAX = 2 ** 16;

/** The most bytes that UTF-8 takes for a unit of a string. */
const UTF8_LENGTH_MAX = 3;

/** How long a line waits for others, at the most: nobody who reads along notices. */
export const WAIT_MS = 20;

export class LineBuffer {
  readonly #out: (text: Uint8Array) => void;
  readonly #bytes = Buffer.alloc(LENGTH_MAX);
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `out` may keep what it is given. */
  constructor(out: (text: Uint8Array) => void) {
    this.#out = out;
  }

  /** The line goes out soon; a process that ends before has to call flush(). */
  write(line: string): void {
    const lengthMax = UTF8_LENGTH_MAX * line.length;
    if (this.#length + lengthMax > LENGTH_MAX) this.flush();
    if (lengthMax > LENGTH_MAX) return this.#out(Buffer.from(line));
    this.#length += this.#bytes.write(line, this.#length);
    this.#timer ??= setTimeout(() => this.flush(), WAIT_MS).unref();
  }

  /** Writes what there is, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#length === 0) return;
    const text = copyOf(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#out(text);
  }
}
