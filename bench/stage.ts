// What one scene has started: servers and the loads before them. All of it goes when the scene ends.

import { randomBytes } from "node:crypto";
import type { Bench } from "./bench.ts";
import { Crowd } from "./load/crowd.ts";
import { DeviceCrowd, type LoadInput } from "./load/device-crowd.ts";
import type { Contender, ContenderId, Target } from "./targets/target.ts";

const IMAGE_LENGTH = 128 * 1024;

/** A server that runs. */
export interface Actor<Kind extends Target = Target> {
  readonly contender: Contender<Kind>;
  readonly target: Kind;
}

export class Stage {
  readonly image = new Uint8Array(randomBytes(IMAGE_LENGTH));
  readonly #bench: Bench;
  readonly #closers: (() => void | Promise<void>)[] = [];

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** A new server of this kind, or why there is none. */
  async start(
    id: ContenderId,
    identityCount: number,
  ): Promise<Actor | { readonly title: string; readonly absence: string }> {
    return this.startContender(this.#bench.contenders.get(id)!, identityCount);
  }

  /** The same for a kind that only one scene knows. */
  async startContender<Kind extends Target>(
    contender: Contender<Kind>,
    identityCount: number,
  ): Promise<Actor<Kind> | { readonly title: string; readonly absence: string }> {
    const absence = contender.absence();
    if (absence !== undefined) return { title: contender.title, absence };
    this.#bench.told(`${contender.title} begins`);
    const { resources } = this.#bench;
    const target = await contender.start({ resources, image: this.image, identityCount });
    this.#closers.push(() => target.stop());
    return { contender, target };
  }

  /** Devices that are connected and whose answers were compared. */
  async devices(
    target: Target,
    load: Omit<LoadInput, "image" | "native"> & Partial<Pick<LoadInput, "native">>,
  ): Promise<DeviceCrowd> {
    const devices = await DeviceCrowd.open(target, { native: this.#bench.nativeLoad, ...load, image: this.image });
    this.#closers.push(() => devices.close());
    return devices;
  }

  /** Whatever else has to end with the scene. */
  atTheEnd(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** A crowd of its own before the DTLS port of `target`. */
  crowd(target: Target): Crowd {
    const crowd = new Crowd(target.coapsPort!, this.#bench.nativeLoad);
    this.#closers.push(() => crowd.close());
    return crowd;
  }

  /** The last that came goes first. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}
