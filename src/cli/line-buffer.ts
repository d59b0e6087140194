// Lines that are written together: a thousand devices that begin at once make a thousand lines in a few turns of the event
// loop, and a system call for each of them would cost more than a block.

/** Longer text does not wait for the end of the turn. */
const LENGTH_MAX = 2 ** 16;

export class LineBuffer {
  readonly #out: (text: string) => void;
  #text = "";

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** The line goes out with the others of this turn of the event loop. */
  write(line: string): void {
    if (this.#text === "") setImmediate(() => this.flush());
    this.#text += line;
    if (this.#text.length >= LENGTH_MAX) this.flush();
  }

  /** Writes what there is, now. */
  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#out(text);
  }
}
