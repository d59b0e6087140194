// A whole campaign in virtual time: the store as a server has it, and models of devices that check in, download, boot, report and
// fall back. All that happens follows from a seed.

import { toHex } from "../../src/base/bytes.ts";
import type { Answer } from "../../src/fleet/answer.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import { Figure } from "../../src/manifest/figure.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { imageDigest, sha256, signedManifest } from "../support/releases.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import { type FleetScene, reportOf } from "./scene.ts";

export const OLD = "1.2.0";
export const NEW = "1.3.0";
export const SOAK_MS = 60_000;
const TURN_MS = 15_000;

/** A device as it is, whatever its server knows. */
class ModelDevice {
  readonly id: string;
  readonly bootFails: boolean;
  #version = OLD;
  #uptime = 1_000;
  #reports = 0;
  #plan: "idle" | "downloads" | "boots" | "failed" | "confirms" = "idle";

  constructor(id: string, bootFails: boolean) {
    this.id = id;
    this.bootFails = bootFails;
  }

  get version(): string {
    return this.#version;
  }

  /** Does one thing. Nothing has happened where the server gave no answer: it is done again. */
  async turn(scene: FleetScene, target: string): Promise<void> {
    this.#uptime += TURN_MS / 1_000;
    switch (this.#plan) {
      case "idle": {
        const answer = await this.#checksIn(scene);
        if (answer.kind === "offer" && answer.digest === target) this.#plan = "downloads";
        return;
      }
      case "downloads": {
        const progress = { version: NEW, bytes: 1_000, size: 1_000, blocks: 4, resends: 0, blockSize: 256, seconds: 4 };
        await scene.takes({ kind: "progress", id: this.id, progress });
        this.#plan = this.bootFails ? "failed" : "boots";
        return;
      }
      case "boots":
        this.#version = NEW;
        this.#uptime = 1;
        await scene.takes(reportOf(this.id, this.#reports, { version: NEW, state: 3, result: 0 }));
        this.#reports++;
        this.#plan = "confirms";
        return;
      case "confirms":
        await scene.takes(reportOf(this.id, this.#reports, { version: NEW, state: 0, result: 1 }));
        await this.#checksIn(scene);
        this.#reports++;
        this.#plan = "idle";
        return;
      case "failed":
        await scene.takes(reportOf(this.id, this.#reports, { version: NEW, result: 8, reason: "healthCheckFailed" }));
        this.#reports++;
        this.#plan = "idle";
    }
  }

  #checksIn(scene: FleetScene): Promise<Answer> {
    const figures = new Map([[Figure.UPTIME, Math.floor(this.#uptime)]]);
    return scene.checksIn(this.id, {
      sequenceNumber: this.#version === NEW ? 2 : 1,
      version: this.#version,
      runningSha256: imageDigest(this.#version),
      figures,
    });
  }
}

/** Two releases of "pump" in a data directory; gives the digest of the newer one's manifest. */
export function releaseTwo(directory: string): string {
  const store = ReleaseStore.open(directory);
  const manifest = signedManifest(2, NEW);
  store.add({ manifest: signedManifest(1, OLD), releasedAt: 1 });
  const back = { manifest: signedManifest(3, OLD, { forRunning: imageDigest(NEW) }) };
  store.add({ manifest, wayBack: back, releasedAt: 2 });
  store.close();
  return toHex(sha256(manifest));
}

export class Campaign {
  scene: FleetScene;
  readonly devices: readonly ModelDevice[];
  readonly random: SeededRandom;
  readonly #target: string;

  constructor(scene: FleetScene, target: string, deviceCount: number, random: SeededRandom, bootFails = 0) {
    this.scene = scene;
    this.random = random;
    this.#target = target;
    this.devices = Array.from(
      { length: deviceCount },
      (_, i) => new ModelDevice(`meter-${100 + i}`, random.fraction() < bootFails),
    );
  }

  async acts(action: FleetAction, device?: string): Promise<boolean> {
    return (await this.scene.service.act({ person: "anna" }, action, device)).ok;
  }

  async begins(
    phases: readonly ({ kind: "count"; count: number } | { kind: "share"; share: number })[],
  ): Promise<void> {
    await this.acts({ kind: "productSet", product: "pump", change: { approvals: 0 } });
    const timing = { soakMs: SOAK_MS, contacts: 2, timeoutMs: 600_000, patienceMs: 120_000 };
    const draft = { name: "r", product: "pump", version: NEW, phases, ...timing };
    await this.acts({ kind: "rolloutCreate", draft });
    await this.acts({ kind: "rolloutStart", name: "r" });
  }

  /** Some devices do something, and time goes by. */
  async round(): Promise<void> {
    for (const device of this.devices) {
      if (this.random.fraction() < 0.5) await device.turn(this.scene, this.#target);
    }
    await this.passes();
  }

  async passes(): Promise<void> {
    const { scene } = this;
    scene.now += TURN_MS;
    const counts = await scene.store.read(() => scene.counter.look(scene.store.fleet, scene.now));
    for (let isMoreDue = true; isMoreDue; ) isMoreDue = (await scene.time.pass(scene.now, counts)).isMoreDue;
  }

  get state(): string | undefined {
    return this.scene.store.fleet.rollouts.get("r")?.state;
  }
}
