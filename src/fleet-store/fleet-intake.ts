// What comes from devices: check-ins, reports, and how their transfers go. Many of them are one transaction, and each is answered
// when that is over.

import type { Answer } from "../fleet/answer.ts";
import type { Progress } from "../fleet/fleet-event.ts";
import type { CheckIn } from "../manifest/check-in.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import { COME_AGAIN_SECONDS } from "../manifest/ticket.ts";
import type { FleetBatch } from "./fleet-batch.ts";
import type { FleetStore } from "./fleet-store.ts";

/** `id` is the identity as people write it. On plain CoAP a device has none: it is told what everybody is, and not kept. */
export type FleetInput =
  | {
      readonly kind: "checkIn";
      readonly id: string | undefined;
      readonly identity: Uint8Array;
      readonly scheme: string;
      readonly checkIn: CheckIn;
    }
  | {
      readonly kind: "report";
      readonly id: string | undefined;
      /** The identity, or the address that plain CoAP came from. */
      readonly device: Uint8Array;
      readonly report: InstallReport;
    }
  | { readonly kind: "progress"; readonly id: string; readonly progress: Progress };

/** In the order of the inputs: what a device is told; undefined where there is no room for another device. */
export type FleetOutput = Answer | "kept" | undefined;

export class FleetIntake {
  readonly #store: FleetStore;

  constructor(store: FleetStore) {
    this.#store = store;
  }

  /** `now` in ms since 1970. Throws StoreError, and then none of it has happened. */
  take(inputs: readonly FleetInput[], now: number): Promise<FleetOutput[]> {
    return this.#store.transact(now, async (batch) => {
      await this.#store.hold(
        batch,
        inputs.flatMap(({ id }) => id ?? []),
      );
      const outputs: FleetOutput[] = [];
      for (const input of inputs) outputs.push(await this.#takeOne(batch, input, now));
      return outputs;
    });
  }

  async #takeOne(batch: FleetBatch, input: FleetInput, now: number): Promise<FleetOutput> {
    switch (input.kind) {
      case "checkIn":
        return this.#checkIn(batch, input);
      case "report": {
        const { device, report } = input;
        const isNew = await this.#store.reports.add({ device, report, receivedAt: now });
        if (isNew) batch.becomeUrgent();
        if (isNew && input.id !== undefined && batch.deviceOf(input.id) !== undefined) {
          batch.step(input.id, { kind: "reported", report });
        }
        return "kept";
      }
      case "progress":
        if (batch.deviceOf(input.id) !== undefined) {
          batch.step(input.id, { kind: "progressed", progress: input.progress });
        }
        return "kept";
    }
  }

  async #checkIn(batch: FleetBatch, input: Extract<FleetInput, { kind: "checkIn" }>): Promise<Answer | undefined> {
    const { id, identity, scheme, checkIn } = input;
    if (id === undefined) return this.#strangersAnswer(batch, checkIn);
    const names = await this.#store.namesOf(batch, id, identity);
    if (names === undefined) return undefined;
    const { secret, pseudonym } = names;
    return batch.step(id, { kind: "checkedIn", id, pseudonym, scheme, checkIn }, secret).answer;
  }

  /** What everybody gets, where a product's devices get the newest release; of roll-outs a stranger gets nothing. */
  #strangersAnswer({ fleet }: FleetBatch, { product: name, sequenceNumber }: CheckIn): Answer {
    const product = fleet.products.get(name);
    const comeAgain = product?.comeAgainSeconds ?? COME_AGAIN_SECONDS;
    if (product?.offer !== "rollout") return { kind: "newest", comeAgain };
    return { kind: "nothing", comeAgain, sequenceNumber };
  }
}
