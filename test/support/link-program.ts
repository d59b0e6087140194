// `narrowboat link` as a process of its own on loopback, in front of a port of this computer.

import * as assert from "uvu/assert";
import { type Environment, Program } from "./program.ts";
import { NARROWBOAT } from "./serving.ts";

/** Longer than any test file may run; a proxy that is left over ends by then. */
const LINK_LIMIT_MS = 290_000;

export interface DirectionReport {
  readonly datagrams: number;
  readonly delivered: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly bytesOnAir: number;
  readonly delayMs: { readonly mean: number; readonly p50: number; readonly p95: number };
  readonly bitsPerSecond: number;
}

export interface LinkReport {
  readonly seed: number;
  readonly clients: number;
  readonly rebindings: number;
  readonly up: DirectionReport;
  readonly down: DirectionReport;
}

export class LinkProgram {
  readonly #program: Program;
  readonly port: number;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  static start(targetPort: number, profile: string, ...flags: readonly string[]): Promise<LinkProgram> {
    return LinkProgram.startFor(LINK_LIMIT_MS, targetPort, profile, ...flags);
  }

  /** One that may run so long. */
  static startFor(
    limitMs: number,
    targetPort: number,
    profile: string,
    ...flags: readonly string[]
  ): Promise<LinkProgram> {
    return LinkProgram.startIn({ limitMs, environment: {} }, targetPort, profile, ...flags);
  }

  /** One that may run so long, with that in its environment. */
  static async startIn(
    { limitMs, environment }: { readonly limitMs: number; readonly environment: Environment },
    targetPort: number,
    profile: string,
    ...flags: readonly string[]
  ): Promise<LinkProgram> {
    const ends = ["--listen", "127.0.0.1:0", "--target", `127.0.0.1:${targetPort}`];
    const args = [NARROWBOAT, "link", "--profile", profile, ...ends, "--json", ...flags];
    const program = new Program(process.execPath, args, limitMs, environment);
    const [, port] = await program.waitFor(/^listening 127\.0\.0\.1:(\d+) -> /m);
    return new LinkProgram(program, Number(port));
  }

  coaps(path: string): string {
    return `coaps://127.0.0.1:${this.port}${path}`;
  }

  coap(path: string): string {
    return `coap://127.0.0.1:${this.port}${path}`;
  }

  /** Every client's next datagram leaves from another port. */
  async rebind(): Promise<void> {
    this.#program.kill("SIGUSR2");
    await this.#program.waitFor(/^rebinding: /m);
  }

  /** Ends it as a person does, and gives what it measured. */
  async stop(): Promise<LinkReport> {
    this.#program.kill("SIGINT");
    const { exit, stdout, text } = await this.#program.ended;
    assert.is(exit, 0, text);
    return JSON.parse(stdout.toString()) as LinkReport;
  }
}
