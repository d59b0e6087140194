// A device of the soak: it comes, pulls, sleeps, changes its port and vanishes.

import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../sim/prng.ts";
import { equal } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { randomBytes } from "../../src/base/random-source.ts";
import { Secret } from "../../src/base/secret.ts";
import { type Dialect, dialectNamed } from "../../src/device/dialect.ts";
import { progressLengthFor } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DeviceShell } from "../../src/shell/device-shell.ts";
import type { Target } from "../targets/target.ts";

const SLOT_LENGTH = 65_536;
const PAGE_LENGTH = 4_096;
const BLOCK_SIZES: readonly Dialect["blockSize"][] = ["auto", 64, 256, 1024];
const SLEEP_MAX_MS = 8_000;
/** How long it is let alone before something happens to it. */
const CALM_MAX_MS = 400;

/** What all devices did. */
export interface Tally {
  updates: number;
  moves: number;
  departures: number;
  readonly failures: string[];
}

/** One identity and its life: one update after the other, each interrupted by whatever comes. */
export class SoakDevice {
  readonly #target: Target;
  readonly #number: number;
  readonly #image: Uint8Array;
  readonly #random: Prng;
  readonly #tally: Tally;

  constructor(target: Target, number: number, image: Uint8Array, random: Prng, tally: Tally) {
    this.#target = target;
    this.#number = number;
    this.#image = image;
    this.#random = random;
    this.#tally = tally;
  }

  async live(end: number): Promise<void> {
    while (performance.now() < end) {
      await sleep(this.#random.below(SLEEP_MAX_MS));
      await this.#update();
    }
  }

  async #update(): Promise<void> {
    const random = this.#random;
    const slot = new MemoryFlash(SLOT_LENGTH, PAGE_LENGTH);
    let ended = false;
    let finish = (): void => {};
    const whole = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const fail = (what: string): void => {
      this.#tally.failures.push(`device ${this.#number}: ${what}`);
      finish();
    };
    const shell = await DeviceShell.start(
      {
        server: peerAddress("127.0.0.1", this.#target.coapsPort!),
        path: this.#target.path!,
        queries: [],
        dialect: { ...dialectNamed("own"), blockSize: BLOCK_SIZES[random.below(BLOCK_SIZES.length)]! },
        slot,
        progress: new MemoryFlash(progressLengthFor(SLOT_LENGTH, PAGE_LENGTH), PAGE_LENGTH),
        security: {
          identity: this.#target.identity(this.#number),
          key: new Secret(this.#target.key),
          cipherSuites: [DEFAULT_CIPHER_SUITES[random.below(DEFAULT_CIPHER_SUITES.length)]!],
          ...(random.below(2) === 0 && { connectionId: randomBytes(random, random.below(4)) }),
        },
      },
      {
        event: (event) => {
          if (event.kind === "refused" || event.kind === "unanswered") fail(JSON.stringify(event));
          if (event.kind === "handshakeFailed" && !event.retrying) fail(`${event.error}: ${event.detail}`);
          if (event.kind !== "done") return;
          if (equal(slot.read(0, event.length), this.#image)) this.#tally.updates++;
          else fail("other bytes than were published");
          finish();
        },
        networkFailed: (code) => fail(code),
        flashFailed: (error) => fail(String(error)),
      },
    );
    void whole.then(() => {
      ended = true;
    });
    await Promise.race([whole, sleep(random.below(CALM_MAX_MS))]);
    if (!ended && random.below(3) === 0) {
      this.#tally.moves++;
      await shell.rebind();
    }
    if (random.below(6) === 0) {
      this.#tally.departures++;
      return shell.vanish();
    }
    await whole;
    await (random.below(3) === 0 ? shell.vanish() : shell.close());
  }
}
