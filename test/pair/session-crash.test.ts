// A thousand crashes at random moments, in virtual time: a whole server with a store in memory that is slow, that fails now
// and then, and that is cut off between any two of its steps. On the wire no key may meet a nonce twice.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyOf, EMPTY } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { SAVING_INTERVAL_MS } from "../../src/shell/session-keeper.ts";
import { FirmwarePair } from "../support/firmware-pair.ts";
import { KEY, PSK_CCM_8 } from "../support/firmware-scene.ts";
import { NonceWatch } from "../support/nonce-watch.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const sessionCrash = suite("session-crash");

const CRASH_COUNT = 1_000;
const CRASHES_PER_RUN = 40;
const UP_MS_MAX = 2_000;
const DOWN_MS_MAX = 300;
const COMMIT_MS_MAX = 400;
const ANSWER_MS_MAX = 200;
/** One in so many commits fails. */
const FAILURES = 30;
const PORTION = 2;

interface Row {
  readonly bytes: Uint8Array;
  readonly lastActiveAt: Instant;
  readonly start: number;
}

class Life {
  readonly watch = new NonceWatch(KEY.reveal());
  readonly pair: FirmwarePair;
  restoredCount = 0;
  crashCount = 0;
  readonly #random: SeededRandom;
  readonly #events: { readonly at: Instant; readonly do: () => void }[] = [];
  #rows = new Map<number, Row>();
  #start = 1;
  #isDown = false;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.pair = new FirmwarePair({
      seed,
      imageLength: 19_200,
      wire: (_number, direction, datagram, peer) => {
        this.watch.datagram(direction, peer, datagram);
        return this.#isDown || this.#below(40) === 0 ? "drop" : "deliver";
      },
    });
    for (const connectionId of [EMPTY, undefined, EMPTY, undefined]) {
      this.pair.addDevice({ cipherSuites: [PSK_CCM_8], ...(connectionId && { connectionId }) });
    }
    this.#after(SAVING_INTERVAL_MS, () => this.#tick(this.#start));
    this.#after(this.#below(UP_MS_MAX), () => this.#crash());
  }

  get isDone(): boolean {
    return this.pair.devices.every(({ end }) => end !== undefined);
  }

  run(): void {
    while (!this.isDone) {
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events.shift()!;
      this.pair.run(next.at - this.pair.now);
      if (next.at > this.pair.now) this.pair.now = next.at;
      next.do();
      this.pair.drive();
    }
  }

  /** The process that asked for it may be gone by then. */
  #tick(start: number): void {
    if (start !== this.#start) return;
    this.#after(SAVING_INTERVAL_MS, () => this.#tick(start));
    this.#save(start, this.pair.now);
  }

  #save(start: number, until: Instant): void {
    const { saving } = this.pair.server;
    if (start !== this.#start || this.#isSaving) return;
    const changes = saving.take(PORTION, until);
    if (changes === undefined) return;
    this.#isSaving = true;
    const rows = changes.snapshots.map((one) => ({ ...one, start, bytes: copyOf(one.bytes) }));
    const fails = this.#below(FAILURES) === 0;
    this.#after(this.#below(COMMIT_MS_MAX), () => {
      if (start !== this.#start) return;
      if (fails) this.#rows = new Map();
      else for (const number of changes.ended) this.#rows.delete(number);
      if (!fails) for (const row of rows) this.#rows.set(row.number, row);
      this.#after(this.#below(ANSWER_MS_MAX), () => {
        if (start !== this.#start) return;
        this.#isSaving = false;
        if (fails) saving.handleLost();
        else saving.handleSaved();
        if (!fails) this.#save(start, until);
      });
    });
  }

  #isSaving = false;

  #crash(): void {
    this.crashCount++;
    this.#start++;
    this.#isSaving = false;
    this.#isDown = true;
    this.pair.restartServer();
    const rows = [...this.#rows].sort(([, a], [, b]) => a.lastActiveAt - b.lastActiveAt);
    for (const [number, { bytes, start }] of rows) {
      const starts = this.#start - start - 1;
      if (this.pair.server.restore(this.pair.now, number, copyOf(bytes), starts, () => true)) this.restoredCount++;
    }
    const start = this.#start;
    this.#after(this.#below(DOWN_MS_MAX), () => {
      this.#isDown = false;
      this.#after(SAVING_INTERVAL_MS, () => this.#tick(start));
    });
    if (this.crashCount < CRASHES_PER_RUN) this.#after(DOWN_MS_MAX + this.#below(UP_MS_MAX), () => this.#crash());
  }

  #after(ms: number, work: () => void): void {
    this.#events.push({ at: addMs(instant(this.pair.now), ms), do: work });
  }

  #below(limit: number): number {
    const bytes = new Uint8Array(4);
    this.#random.fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) % limit;
  }
}

sessionCrash(
  `RFC 6347 4.1.2.1: over ${CRASH_COUNT} crashes no key meets a nonce twice, and every image is whole`,
  () => {
    let crashes = 0;
    let restored = 0;
    let handshakes = 0;
    let records = 0;
    for (let seed = 1; crashes < CRASH_COUNT; seed++) {
      const life = new Life(seed);
      life.run();
      const { watch, pair } = life;
      assert.equal(watch.twice, [], `seed ${seed}`);
      assert.is(watch.unknownCount, 0, `seed ${seed}: the watch has a key for each record`);
      for (const device of pair.devices) {
        assert.is(device.end?.kind, "done", `seed ${seed}`);
        assert.equal(device.received, pair.imageBytes, `seed ${seed}`);
      }
      crashes += life.crashCount;
      restored += life.restoredCount;
      handshakes += watch.keyCount;
      records += watch.recordCount;
    }
    assert.ok(records > 10 * crashes, `${records} records`);
    assert.ok(restored > crashes, `${restored} sessions went on`);
    assert.ok(handshakes < crashes, `${handshakes} handshakes`);
  },
);

sessionCrash.run();
