// A program as a child process: what it says is kept and can be waited for, and it never outlives its limit.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** How long a test waits for one thing to be said. */
const WAIT_LIMIT_MS = 30_000;

export type Environment = Readonly<Record<string, string>>;

export interface ProgramEnd {
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: number | string;
  readonly stdout: Buffer;
  /** Standard output and standard error as text, in the order in which they came. */
  readonly text: string;
}

export class Program {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #stdout: Buffer[] = [];
  readonly #listeners = new Set<() => void>();
  /** Settles when the program has ended and all that it said was read. */
  readonly ended: Promise<ProgramEnd>;
  #text = "";
  #end: ProgramEnd | undefined;

  /** Starts it; after `limitMs` it is killed. It has our environment, and `environment` besides. */
  constructor(command: string, args: readonly string[], limitMs: number, environment: Environment = {}) {
    this.#name = [command, ...args].join(" ");
    this.#child = spawn(command, args, { env: { ...process.env, ...environment } });
    this.#child.stdout.on("data", (bytes: Buffer) => {
      this.#stdout.push(bytes);
      this.#hear(bytes);
    });
    this.#child.stderr.on("data", (bytes: Buffer) => this.#hear(bytes));
    // EPIPE: it ended before it read all of its input, which the tests see by its output.
    this.#child.stdin.on("error", () => {});
    const timer = setTimeout(() => this.kill("SIGKILL"), limitMs);
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        clearTimeout(timer);
        this.#end = { exit: code ?? signal ?? "unknown", stdout: this.stdout, text: this.#text };
        for (const listener of this.#listeners) listener();
        resolve(this.#end);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Standard output so far. */
  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  /** Standard output and standard error so far. */
  get text(): string {
    return this.#text;
  }

  write(bytes: Uint8Array | string): void {
    this.#child.stdin.write(bytes);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once `found` gives something for what was said so far; rejects when that does not come. */
  waitUntil<Found>(found: (program: Program) => Found | undefined | null): Promise<Found> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      const fail = (how: string) => {
        settle();
        reject(new Error(`${this.#name}\n${how} after it said:\n${this.#text}`));
      };
      const look = () => {
        const value = found(this);
        if (value !== undefined && value !== null) {
          settle();
          resolve(value);
        } else if (this.#end !== undefined) fail(`ended (${this.#end.exit})`);
      };
      const timer = setTimeout(() => fail("was not waited for any longer"), WAIT_LIMIT_MS);
      this.#listeners.add(look);
      look();
    });
  }

  /** The same for its text and a pattern. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.waitUntil(({ text }) => text.match(pattern));
  }

  #hear(bytes: Buffer): void {
    this.#text += bytes.toString("latin1");
    for (const listener of this.#listeners) listener();
  }
}

/** Runs a program to its end, with nothing to read. */
export function runProgram(
  command: string,
  args: readonly string[],
  limitMs: number,
  environment: Environment = {},
): Promise<ProgramEnd> {
  const program = new Program(command, args, limitMs, environment);
  program.endInput();
  return program.ended;
}
