// node --expose-gc hostile-calls.js SEED COUNT: calls the functions of the native parts with values that no honest caller
// would pass, and between them what honest callers do, so that ports are open and contexts alive. Counts what was thrown.

import { setImmediate as turn } from "node:timers/promises";
import type { CipherContext, NativeAead } from "../../src/native/aead.ts";
import { type NativeDatagramPort, Note, type PortHandle } from "../../src/native/datagram-port.ts";
import { systemNativeParts } from "../../src/shell/system-native-parts.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const HANDLES_MAX = 40;
const HOSTS = ["127.0.0.1", "::1", "::", "0.0.0.0"];
const BAD_HOSTS = [
  "",
  "localhost",
  "1.2.3.4.5",
  "fe80::1%nowhere",
  "127.0.0.1\0",
  "x".repeat(300),
  "%".repeat(62),
  "é",
];
const NUMBERS = [
  ...[0, 1, 2, 8, 12, 16, 63, 64, 65, 1023, 1024, 1025, 65_535, 65_536, 2 ** 20, 2 ** 20 + 1],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32 - 12, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300],
  ...[-1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];

/** A function of a native part, as one calls it who keeps to no types. */
type AnyFunction = (...args: unknown[]) => unknown;

class HostileCaller {
  returned = 0;
  thrown = 0;
  readonly #random: SeededRandom;
  readonly #ports: NativeDatagramPort;
  readonly #aead: NativeAead | undefined;
  readonly #functions: AnyFunction[] = [];
  readonly #handles: PortHandle[] = [];
  readonly #contexts: CipherContext[] = [];
  readonly #memories: Uint8Array[] = [];
  readonly #shared = [new Uint8Array(64), new Uint8Array(4096)] as const;

  constructor(seed: number, ports: NativeDatagramPort, aead: NativeAead | undefined) {
    this.#random = new SeededRandom(seed);
    this.#ports = ports;
    this.#aead = aead;
    for (const part of [ports, aead]) {
      for (const value of Object.values(part ?? {})) if (typeof value === "function") this.#functions.push(value);
    }
    // One run in three never shares what the AEAD wants to be shared, or shares too little.
    if (seed % 3 === 1) aead?.share(...this.#shared);
    if (seed % 3 === 2) aead?.share(new Uint8Array(3), new Uint8Array(0));
  }

  step(): void {
    switch (this.#random.below(12)) {
      case 0:
        return this.#try(() => this.#openPort());
      case 1:
        return this.#try(() => this.#openContext());
      case 2:
      case 3:
        return this.#try(() => this.#send());
      case 4:
      case 5:
        return this.#try(() => this.#crypt());
      case 6:
        return this.#try(() => this.#close());
      case 7:
        return this.#try(() => this.#damage());
      default:
        return this.#try(() => this.#callAny());
    }
  }

  /** As an honest caller ends. */
  end(): void {
    for (const handle of this.#handles) this.#ports.close(handle);
    for (const context of this.#contexts) this.#aead?.releaseContext(context);
  }

  #try(call: () => unknown): void {
    try {
      call();
      this.returned++;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.thrown++;
    }
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random.below(values.length)]!;
  }

  #callAny(): void {
    const call = this.#pick(this.#functions);
    const result = call(...this.#arguments());
    if (call === this.#ports.open) this.#handles.push(result as PortHandle);
  }

  #openPort(): void {
    if (this.#handles.length >= HANDLES_MAX) this.#ports.close(this.#handles.shift()!);
    const memory = new Uint8Array(this.#ports.memoryLength);
    const handle: PortHandle = this.#ports.open(this.#pick(HOSTS), 0, this.#random.below(2) === 0, memory, () => {
      // Out of the callback everything may be called again, the port's own close() too.
      if (this.#random.below(4) === 0) this.#ports.close(handle);
      else this.step();
    });
    this.#handles.push(handle);
    this.#memories.push(memory);
  }

  #openContext(): void {
    const { ccm, seals } = { ccm: this.#random.below(2) === 0, seals: this.#random.below(2) === 0 };
    const key = new Uint8Array(ccm ? 16 : this.#pick([16, 32]));
    const context = this.#aead?.createContext(key, this.#pick([8, 16] as const), ccm, seals);
    if (context !== undefined) this.#contexts.push(context);
    if (this.#contexts.length > HANDLES_MAX) this.#contexts.shift();
  }

  /** Notes of whatever kind in the memory of a port, which is sent from or not. */
  #send(): void {
    if (this.#handles.length === 0) return;
    const memory = this.#pick(this.#memories);
    const { toSendOffset, sendCountMax } = this.#ports;
    const to = this.#ports.localAddress(this.#pick(this.#handles))[1];
    const count = this.#random.below(100);
    if (memory.length > 0) {
      const notes = new Uint16Array(memory.buffer, toSendOffset, sendCountMax * Note.LENGTH);
      for (let i = 0; i < count; i++) this.#writeNote(notes.subarray(i * Note.LENGTH, (i + 1) * Note.LENGTH), to);
    }
    this.#ports.flush(this.#pick(this.#handles), 0, count);
  }

  #writeNote(note: Uint16Array, to: number): void {
    const unitCount = this.#pick([0, 2, 2, 2, 8, 8, 65_535]);
    note.set([unitCount, this.#random.below(3_000), this.#pick([to, to, 0]), this.#random.below(65_536)]);
    // A zone and an offset.
    note.set([this.#pick([0, 0, 1, 65_535]), 0, this.#random.below(65_536), this.#pick([0, 0, 3, 15, 16, 65_535])], 4);
    // Nobody but this computer is to hear of it.
    note.set(unitCount === 8 ? [0, 0, 0, 0, 0, 0, 0, 1] : [0x7f00, this.#random.below(3)], Note.UNITS);
    const local = this.#pick([
      [],
      [0x7f00, 1],
      [0, 0, 0, 0, 0, 0, 0, 1],
      [0xfe80, 0, 0, 0, 0, 0, 0, 1],
      [0xffff, 0xffff],
    ]);
    note.set(local, Note.UNITS + (unitCount === 8 ? 8 : 2));
  }

  #crypt(): void {
    if (this.#contexts.length === 0) return;
    const call = this.#pick([this.#aead?.seal, this.#aead?.open]) as AnyFunction;
    const bytes = this.#pick([new Uint8Array(200), new Uint8Array(0), ...this.#shared]);
    const lengths = [0, 1, 12, 13, 150, 200, ...NUMBERS];
    call(this.#pick(this.#contexts), bytes, this.#pick(lengths), this.#pick(lengths), this.#pick(lengths));
  }

  #close(): void {
    if (this.#random.below(2) === 0 && this.#handles.length > 0) {
      const [handle] = this.#handles.splice(this.#random.below(this.#handles.length), 1);
      this.#ports.close(handle!);
      this.#ports.close(handle!);
    } else if (this.#contexts.length > 0) this.#aead?.releaseContext(this.#pick(this.#contexts));
  }

  /** Takes memory away from under a port or the AEAD, writes over it, or has garbage collected. */
  #damage(): void {
    const memory = this.#memories.length === 0 ? undefined : this.#pick(this.#memories);
    switch (this.#random.below(20)) {
      case 0:
        if (memory !== undefined) detach(memory);
        break;
      case 1:
        if (this.#random.below(10) === 0) detach(this.#pick(this.#shared));
        break;
      case 2:
      case 3:
        memory?.fill(this.#random.below(256), 0, this.#random.below(this.#ports.slotsOffset));
        break;
      case 4:
        this.#contexts.shift();
        globalThis.gc?.();
        break;
      default:
        if (this.#memories.length > HANDLES_MAX) this.#memories.shift();
    }
  }

  #arguments(): unknown[] {
    return Array.from({ length: this.#random.below(7) }, () => this.#value());
  }

  #value(): unknown {
    const detached = new Uint8Array(this.#random.below(100));
    detach(detached);
    return this.#pick<() => unknown>([
      () => this.#pick(NUMBERS),
      () => this.#pick(NUMBERS),
      () => this.#pick([...HOSTS, ...BAD_HOSTS]),
      () => this.#pick([undefined, null, true, false, 7n, Symbol("s"), {}, [], () => {}, new Date(0), /r/]),
      () => this.#pick(this.#handles),
      () => this.#pick(this.#contexts),
      () => this.#pick(this.#memories),
      () => this.#pick([detached, new Uint8Array(16), new Uint8Array(new SharedArrayBuffer(64)), ...this.#shared]),
      () => this.#pick([new Uint16Array(8), new Float64Array(2), new DataView(new ArrayBuffer(8)), new ArrayBuffer(9)]),
      () => new Uint8Array(new ArrayBuffer(this.#ports.memoryLength + 1), this.#random.below(2)),
      () => new Proxy(new Uint8Array(16), {}),
    ])();
  }
}

/** Takes the memory away, and lets it be freed. */
function detach({ buffer }: Uint8Array): void {
  structuredClone(0, { transfer: [buffer as ArrayBuffer] });
}

async function main(seed: number, count: number): Promise<void> {
  const nativeParts = systemNativeParts();
  if (typeof nativeParts !== "object") throw new Error(`native parts: ${nativeParts}`);
  const caller = new HostileCaller(seed, nativeParts.datagramPort, nativeParts.aead);
  for (let i = 0; i < count; i++) {
    caller.step();
    if (i % 16 === 0) await turn();
  }
  caller.end();
  console.log(`${caller.returned} calls returned, ${caller.thrown} threw`);
}

await main(Number(process.argv[2]), Number(process.argv[3]));
