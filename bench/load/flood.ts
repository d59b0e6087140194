// A flood of datagrams that the program native/flood.c sends: at a rate that the clock sets, for as long as a slice is
// measured, and never for longer than two minutes.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compiled, NativeAbsence } from "../native-program.ts";
import type { Resources } from "../resources.ts";

/** Bytes that are others each time. */
export interface Patch {
  readonly offset: number;
  readonly length: number;
  /** Whether they are letters; else anything. */
  readonly letters?: boolean;
}

/** One datagram of a flood, or one flight of a client. */
export interface FloodDatagram {
  /** Whose address it comes from: a device of the crowd whose socket the flood uses, or a new stranger's when absent. */
  readonly device?: number;
  readonly bytes: Uint8Array;
  readonly patches: readonly Patch[];
}

export interface FloodSpeech {
  /** Said in turn, again and again; or the flights of a handshake, each in answer to the server's. */
  readonly datagrams: readonly FloodDatagram[];
  readonly answersServer: boolean;
  /** Of the crowd whose devices' addresses it forges. */
  readonly descriptor?: number | undefined;
}

/** Strangers' numbers begin behind those of all devices that are measured. */
const FIRST_STRANGER = 0x10_0000;
const STRANGERS = 0xd0_0000;
const ANY_DEVICE = 0xffff_ffff;
/** The program ends by itself after this many seconds. */
const SECONDS_MAX = 120;

/** Why there are no floods here, in one line; undefined where they can be had. */
export function floodAbsence(): string | undefined {
  try {
    compiled("flood.c", "program");
    return undefined;
  } catch (error) {
    if (error instanceof NativeAbsence) return error.message;
    throw error;
  }
}

export class Flood {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #rate: number | undefined;

  /** Resolves when it has begun, against 127.0.0.1:`port`. `rate`: datagrams, or handshakes, a second. */
  static async begin(resources: Resources, port: number, speech: FloodSpeech, rate: number): Promise<Flood> {
    const { answersServer, datagrams, descriptor } = speech;
    const words = [port, rate, SECONDS_MAX, FIRST_STRANGER, STRANGERS, answersServer ? "answers" : "once"];
    const child = resources.spawn(compiled("flood.c", "program"), words.map(String), {
      stdio: ["pipe", "pipe", "inherit", ...(descriptor === undefined ? [] : [descriptor])],
    });
    child.stdin!.end(encodeSpeech(datagrams));
    const flood = new Flood(child);
    await flood.#line();
    return flood;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Ends it. Gives back how many datagrams, or handshakes, it began each second. */
  async end(): Promise<number> {
    this.#rate ??= await this.#end();
    return this.#rate;
  }

  async #end(): Promise<number> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const [, begun, seconds] = /^begun (\d+) seconds ([\d.]+)$/.exec(await this.#line())!;
    await ended;
    return Number(begun) / Number(seconds);
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the flood ended before its time");
    return value;
  }
}

/** As native/flood.c reads it. */
function encodeSpeech(datagrams: readonly FloodDatagram[]): Uint8Array {
  return Buffer.concat(
    datagrams.map(({ device, bytes, patches }) => {
      const head = Buffer.alloc(8 + 6 * patches.length);
      head.writeUInt32LE(device ?? ANY_DEVICE, 0);
      head.writeUInt16LE(bytes.length, 4);
      head.writeUInt16LE(patches.length, 6);
      for (const [i, { offset, length, letters }] of patches.entries()) {
        head.writeUInt16LE(offset, 8 + 6 * i);
        head.writeUInt16LE(length, 10 + 6 * i);
        head.writeUInt16LE(letters === true ? 1 : 0, 12 + 6 * i);
      }
      return Buffer.concat([head, bytes]);
    }),
  );
}
