// Devices for a FleetScene: each checks in when it was told to, downloads at its own speed, restarts, reports and falls back as
// TwoSlotDevice does, in virtual time.

import type { Answer } from "../../src/fleet/answer.ts";
import { BLOCK_OVERHEAD_LENGTH } from "../../src/fleet/cell-load.ts";
import type { LinkFigures } from "../../src/fleet/device.ts";
import type { FleetRelease } from "../../src/fleet/product.ts";
import type { CheckIn } from "../../src/manifest/check-in.ts";
import { type FleetScene, MINUTE, releaseNumbered, SECOND } from "./fleet-scene.ts";
import { SeededRandom } from "./seeded-random.ts";

/** What befalls a device, drawn once for each. */
export interface Behaviour {
  /** Images with these numbers do not boot on it. */
  readonly bootFails: (sequenceNumber: number) => boolean;
  readonly downloadSeconds: number;
  readonly cell?: string;
  /** Of its blocks, bytes; the round trip follows. */
  readonly blockSize: number;
}

interface Model {
  readonly id: string;
  readonly behaviour: Behaviour;
  running: FleetRelease;
  startedAt: number;
}

/** From a restart to the first contact, and from one failed check-in to the next, s. */
const BOOT_SECONDS = 20;
const RETRY_SECONDS = 300;

/** Parts in which the server hears of a transfer. */
const NEWS_PARTS = 4;

export class SimulatedFleet {
  readonly #scene: FleetScene;
  readonly #models: Model[] = [];
  readonly #tasks = new Map<number, (() => void)[]>();
  /** Wire bytes of a cell and second: told to whoever measures. */
  readonly onAir: (cell: string, from: number, until: number, bytes: number) => void;

  constructor(scene: FleetScene, onAir: SimulatedFleet["onAir"] = () => undefined) {
    this.#scene = scene;
    this.onAir = onAir;
  }

  /** Devices on image 1, which first check in somewhere within `withinSeconds`. */
  add(
    count: number,
    withinSeconds: number,
    seed: number,
    behave: (random: SeededRandom, at: number) => Behaviour,
  ): void {
    const random = new SeededRandom(seed);
    const uniform = (below: number) => {
      const bytes = new Uint8Array(4);
      random.fill(bytes);
      return (new DataView(bytes.buffer).getUint32(0) / 2 ** 32) * below;
    };
    for (let i = 0; i < count; i++) {
      const id = `device-${seed}-${i}`;
      const startedAt = this.#scene.now - 30 * 86_400_000;
      const model: Model = { id, behaviour: behave(random, i), running: releaseNumbered(1), startedAt };
      this.#models.push(model);
      this.#after(uniform(withinSeconds), () => this.#checkIn(model));
    }
  }

  /** What a transfer of each device carries, as a server would measure it. */
  *links(): IterableIterator<readonly [id: string, link: LinkFigures]> {
    for (const { id, behaviour, running } of this.#models) {
      const { blockSize, downloadSeconds } = behaviour;
      const blocks = Math.ceil(running.size / blockSize);
      yield [id, { blockSize, blocks, resends: 0, roundTripMs: (1_000 * downloadSeconds) / blocks }];
    }
  }

  /** How many run the image with this number. */
  running(sequenceNumber: number): number {
    return this.#models.filter((model) => model.running.sequenceNumber === sequenceNumber).length;
  }

  /** Until `isOver` holds, looked at each minute, or for so long. Gives whether it held. */
  run(ms: number, isOver: () => boolean = () => false): boolean {
    const scene = this.#scene;
    const end = scene.now + ms;
    for (let at = scene.now; at < end; at += SECOND) {
      const second = Math.floor(at / SECOND);
      const tasks = this.#tasks.get(second);
      scene.now = at;
      if (tasks !== undefined) {
        this.#tasks.delete(second);
        for (const task of tasks) task();
      }
      if (at % MINUTE === 0) {
        scene.ticks();
        if (isOver()) return true;
      }
    }
    scene.now = end;
    return isOver();
  }

  #after(seconds: number, task: () => void): void {
    const second = Math.floor(this.#scene.now / SECOND) + Math.max(1, Math.ceil(seconds));
    const tasks = this.#tasks.get(second);
    if (tasks === undefined) this.#tasks.set(second, [task]);
    else tasks.push(task);
  }

  #checkIn(model: Model): void {
    const { now } = this.#scene;
    const { cell } = model.behaviour;
    const uptime = Math.floor((now - model.startedAt) / SECOND);
    const more: Partial<CheckIn> = cell === undefined ? {} : { cell };
    const answer = this.#scene.runs(model.id, model.running, uptime, more);
    if (answer.kind === "offer") this.#download(model, answer);
    else this.#after(Math.max(60, answer.comeAgain), () => this.#checkIn(model));
  }

  #download(model: Model, answer: Extract<Answer, { kind: "offer" }>): void {
    const target = this.#scene.fleet.releases.get(answer.digest)!;
    const { downloadSeconds, blockSize, cell } = model.behaviour;
    const blocks = Math.ceil(target.size / blockSize);
    const part = downloadSeconds / NEWS_PARTS;
    if (cell !== undefined)
      this.onAir(cell, this.#scene.now, downloadSeconds * SECOND, blocks * (blockSize + BLOCK_OVERHEAD_LENGTH));
    for (let i = 1; i <= NEWS_PARTS; i++) {
      this.#after(part * i, () => {
        const bytes = i === NEWS_PARTS ? target.size : Math.floor((target.size * i) / NEWS_PARTS);
        const progress = {
          version: target.version,
          bytes,
          size: target.size,
          blocks: Math.ceil((blocks * i) / NEWS_PARTS),
          resends: 0,
          blockSize,
          seconds: part * i,
        };
        this.#scene.step({ kind: "progressed", progress }, model.id);
        if (i === NEWS_PARTS) this.#restart(model, target);
      });
    }
  }

  #restart(model: Model, target: FleetRelease): void {
    const { sequenceNumber } = target;
    const fails = model.behaviour.bootFails(sequenceNumber);
    this.#after(BOOT_SECONDS * (fails ? 3 : 1), () => {
      const scene = this.#scene;
      model.startedAt = scene.now;
      if (fails) {
        scene.reports(model.id, sequenceNumber, 8, "bootFailed");
        this.#after(RETRY_SECONDS, () => this.#checkIn(model));
        return;
      }
      model.running = target;
      scene.reports(model.id, sequenceNumber, 0, undefined, 3);
      scene.reports(model.id, sequenceNumber, 1);
      this.#checkIn(model);
    });
  }
}
