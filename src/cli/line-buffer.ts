// Lines that are written together: a thousand devices that begin at once make a thousand lines in a few turns of the event
// loop, and a call of the system for each turn would cost as much as ten blocks.

/** Longer text does not wait. */
const LENGTH_MAX = 2 ** 16;

/** How long a line waits for others, at the most: nobody who reads along notices. */
export const WAIT_MS = 20;

export class LineBuffer {
  readonly #out: (text: string) => void;
  #text = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** The line goes out soon; a process that ends before has to call flush(). */
  write(line: string): void {
    this.#text += line;
    if (this.#text.length >= LENGTH_MAX) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WAIT_MS).unref();
  }

  /** Writes what there is, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#out(text);
  }
}
