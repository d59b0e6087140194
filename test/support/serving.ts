// `narrowboat serve` as a process of its own on loopback, with stores that a test has filled.

import { join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { requestFor } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "./crypto.ts";
import { type Environment, Program } from "./program.ts";

/** The command line, beside wherever this file was compiled to. */
export const NARROWBOAT = join(import.meta.dirname, "../../src/cli/main.js");

/** Longer than any test file may run; a server that is left over ends by then. */
const SERVING_LIMIT_MS = 290_000;

export interface Cargo {
  /** "boat" when absent. */
  readonly product?: string;
  /** By version. */
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** Keys as text by identity. */
  readonly keys?: Readonly<Record<string, string>>;
  /** How long the server may run; SERVING_LIMIT_MS when absent. */
  readonly limitMs?: number;
  /** Further flags of `serve`: "--coap", "--cipher-suites". */
  readonly flags?: readonly string[];
  /** Of the server, besides our own. */
  readonly environment?: Environment;
}

export interface ServerLogLine {
  readonly event: string;
  /** Of the image. */
  readonly path?: string;
  readonly identity?: string;
  readonly cipherSuite?: string;
  /** Why a session ended. */
  readonly end?: string;
  readonly counters?: Readonly<Record<string, number>>;
}

export class Serving {
  readonly #program: Program;
  /** Of its stores. */
  readonly directory: string;
  readonly coapsPort: number;
  /** Only with --coap. */
  readonly coapPort: number;

  private constructor(directory: string, program: Program, coapsPort: number, coapPort: number) {
    this.directory = directory;
    this.#program = program;
    this.coapsPort = coapsPort;
    this.coapPort = coapPort;
  }

  static async start(directory: string, cargo: Cargo): Promise<Serving> {
    const flags = cargo.flags ?? [];
    const ports = ["--coaps-port", "0", ...(flags.includes("--coap") ? ["--coap-port", "0"] : [])];
    const args = [NARROWBOAT, "serve", "--data", directory, "--host", "127.0.0.1", ...ports, ...flags];
    fillStores(directory, cargo);
    const program = new Program(process.execPath, args, cargo.limitMs ?? SERVING_LIMIT_MS, cargo.environment);
    const portOf = async (scheme: string) => {
      const [, port] = await program.waitFor(new RegExp(`^listening ${scheme}://127\\.0\\.0\\.1:(\\d+)$`, "m"));
      return Number(port);
    };
    const coapsPort = await portOf("coaps");
    return new Serving(directory, program, coapsPort, flags.includes("--coap") ? await portOf("coap") : 0);
  }

  get pid(): number {
    return this.#program.pid;
  }

  coaps(path: string): string {
    return `coaps://127.0.0.1:${this.coapsPort}${path}`;
  }

  coap(path: string): string {
    return `coap://127.0.0.1:${this.coapPort}${path}`;
  }

  /** The lines of its log so far. */
  log(): readonly ServerLogLine[] {
    return linesOf(this.#program.text);
  }

  /** Resolves with the first line of its log for which `isWanted` holds, once there is one. */
  logged(isWanted: (line: ServerLogLine) => boolean): Promise<ServerLogLine> {
    return this.#program.waitUntil(({ text }) => linesOf(text).find(isWanted));
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    this.#program.kill("SIGTERM");
    const { exit, text } = await this.#program.ended;
    assert.is(exit, 0, text);
  }
}

/** A server for all tests of a suite: the function gives it while they run. */
export function servedFor(test: Test, cargo: Cargo): () => Serving {
  let serving: Serving | undefined;
  // Before the directories are removed.
  test.after(() => serving?.stop());
  const scratch = scratchDirectories(test);
  test.before(async () => {
    serving = await Serving.start(scratch(), cargo);
  });
  return () => {
    assert.ok(serving, "the server did not start");
    return serving as Serving;
  };
}

/** Puts images and keys where a server finds them. */
export function fillStores(directory: string, cargo: Cargo): void {
  const store = FirmwareStore.open(directory);
  for (const [version, bytes] of Object.entries(cargo.images)) {
    const request = requestFor(directory, version, bytes);
    store.publish({ ...request, product: cargo.product ?? request.product });
  }
  store.close();
  const psk = PskStore.open(directory, CRYPTO);
  for (const [identity, key] of Object.entries(cargo.keys ?? {})) {
    psk.add(toUtf8(identity), new Secret(toUtf8(key)), 1_000);
  }
  psk.close();
}

function linesOf(text: string): ServerLogLine[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as ServerLogLine);
}
