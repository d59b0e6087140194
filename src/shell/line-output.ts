// Standard output of a process that has to live on whatever becomes of its reader: a disk that is full, a pipe whose reader
// has gone or sleeps. What cannot be written is dropped and counted, and said when there is room again.

/** Bytes that wait for a reader who is slow. */
export const WAITING_LENGTH_MAX = 2 ** 18;

/** How often one that failed is tried again. */
const RETRY_MS = 1_000;

/** How long the end of the process waits for a reader. */
const FAREWELL_MS = 1_000;

const NEWLINE = 0x0a;

export interface DroppedLines {
  readonly lines: number;
  readonly bytes: number;
}

/** What is used of a stream; one whose writes alone hear of errors has no listeners. */
export interface OutputStream {
  write(text: Uint8Array, done: (error?: Error | null) => void): unknown;
  readonly writableLength: number;
  on?(event: "error", listener: () => void): unknown;
  removeAllListeners?(event: "error"): unknown;
}

export class LineOutput {
  readonly #stream: OutputStream;
  readonly #told: (dropped: DroppedLines) => string;
  #lines = 0;
  #bytes = 0;
  /** Set while nothing is written but what finds out whether there is room. */
  #retry: NodeJS.Timeout | undefined;
  /** Under way to a reader who may be slow. */
  #waitingCount = 0;

  /** Takes the stream's errors upon itself. `told` makes the line that says what was dropped. */
  constructor(stream: OutputStream, told: (dropped: DroppedLines) => string) {
    this.#stream = stream;
    this.#told = told;
    stream.removeAllListeners?.("error");
    // Each write hears of its own failure.
    stream.on?.("error", () => {});
  }

  /** Whole lines; may keep what it is given. */
  write(text: Uint8Array): void {
    if (this.#retry !== undefined || this.#stream.writableLength + text.length > WAITING_LENGTH_MAX) {
      this.#drop(text);
      this.#retryLater();
    } else {
      this.#put(text, () => {
        this.#drop(text);
        this.#retryLater();
      });
    }
  }

  /** Resolves when all was written, or false when nobody reads it within a second. */
  async end(): Promise<boolean> {
    clearTimeout(this.#retry);
    if (this.#bytes > 0 && this.#stream.writableLength === 0) this.#tryAgain();
    for (let waited = 0; this.#waitingCount > 0 && waited < FAREWELL_MS; waited += 10) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.#waitingCount === 0;
  }

  #put(text: Uint8Array, failed: () => void, done: () => void = () => {}): void {
    this.#waitingCount++;
    this.#stream.write(text, (error) => {
      this.#waitingCount--;
      if (error) failed();
      else done();
    });
  }

  #drop(text: Uint8Array): void {
    this.#bytes += text.length;
    for (const byte of text) if (byte === NEWLINE) this.#lines++;
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => this.#tryAgain(), RETRY_MS).unref();
  }

  #tryAgain(): void {
    this.#retry = undefined;
    // Lines that were written before still wait.
    if (this.#stream.writableLength > 0) return this.#retryLater();
    const [lines, bytes] = [this.#lines, this.#bytes];
    // A disk that became full may have taken the beginning of a line: what is said begins a line of its own.
    const text = Buffer.from(`\n${this.#told({ lines, bytes })}\n`);
    // Nothing else is written until it is known whether this was.
    this.#retry = setTimeout(() => {}, RETRY_MS).unref();
    const settle = () => {
      clearTimeout(this.#retry);
      this.#retry = undefined;
    };
    this.#put(
      text,
      () => {
        settle();
        this.#retryLater();
      },
      () => {
        settle();
        this.#lines -= lines;
        this.#bytes -= bytes;
      },
    );
  }
}
