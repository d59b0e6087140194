// What devices say, on its way to whoever decides. What comes while a transaction runs goes together into the next one, and a
// device is answered only when its own is over.

import { identityText } from "../../../psk/identity.ts";
import { latin1Of } from "../../base/bytes.ts";
import type { Alert } from "../../fleet/alert.ts";
import type { Answer } from "../../fleet/answer.ts";
import type { FleetRecord } from "../../fleet/fleet-record.ts";
import { progressOf } from "../../fleet/transfer-progress.ts";
import type { FleetInput, FleetOutput } from "../../fleet-store/fleet-intake.ts";
import type { ReportQuestion } from "../../server/report-resource.ts";
import type { CheckInQuestion } from "../../server/ticket-resource.ts";
import type { TransferNews } from "../../server/transfers.ts";
import type { FleetSink } from "./fleet-thread.ts";

/**
 * Of one transaction, and what waits for one: of more, each is refused at once and comes again. One has the bytes of a check-in or
 * a report, which are bounded by CHECK_IN_LENGTH_MAX and INSTALL_REPORT_LENGTH_MAX, and of an identity.
 */
export const INPUTS_AT_ONCE_MAX = 512;
export const INPUTS_WAITING_MAX = 4_096;

export interface FleetKeeperOutlet {
  /** "unavailable" where it cannot be decided now. */
  decided(question: CheckInQuestion, answer: Answer | "unavailable"): void;
  settled(question: ReportQuestion, isKept: boolean): void;
  /** Was committed. */
  recorded(records: readonly FleetRecord[], alerts: readonly Alert[]): void;
  /** It cannot be decided now; said once until `mended`. */
  faulty(reason: string): void;
  mended(): void;
  failed(error: unknown): void;
}

interface WaitingInput {
  readonly input: FleetInput;
  /** Undefined where nobody waits. */
  readonly settle?: (output: FleetOutput | "unavailable") => void;
}

export class FleetKeeper {
  readonly #sink: FleetSink;
  readonly #outlet: FleetKeeperOutlet;
  readonly #waiting: WaitingInput[] = [];
  /** The newest of each device's transfer: by identity. */
  readonly #progress = new Map<string, WaitingInput>();
  #isBusy = false;
  #isFaulty = false;

  constructor(sink: FleetSink, outlet: FleetKeeperOutlet) {
    this.#sink = sink;
    this.#outlet = outlet;
    sink.start((records, alerts) => outlet.recorded(records, alerts));
  }

  get waitingCount(): number {
    return this.#waiting.length + this.#progress.size;
  }

  checkIn(question: CheckInQuestion): void {
    const { identity, checkIn } = question;
    const id = idOf(identity);
    const input = { kind: "checkIn", id, identity, scheme: id === undefined ? "coap" : "coaps", checkIn } as const;
    this.#put({
      input,
      settle: (output) => this.#outlet.decided(question, typeof output === "object" ? output : "unavailable"),
    });
  }

  report(question: ReportQuestion): void {
    const { identity, device, report } = question;
    this.#put({
      input: { kind: "report", id: idOf(identity), device, report },
      settle: (output) => this.#outlet.settled(question, output === "kept"),
    });
  }

  /** Goes with what comes next, or when progress() is asked for it: nobody waits. */
  transferred(identity: Uint8Array, news: TransferNews): void {
    if (!this.#sink.isAwake) return;
    const id = idOf(identity);
    const name = latin1Of(identity);
    if (id === undefined || (this.#progress.size >= INPUTS_WAITING_MAX && !this.#progress.has(name))) return;
    this.#progress.set(name, { input: { kind: "progress", id, progress: progressOf(news) } });
  }

  /** Once a second: progress that waits goes over. */
  look(): void {
    this.#sink.look();
    if (this.#progress.size > 0 && !this.#isBusy) void this.#work();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  #put(waiting: WaitingInput): void {
    if (this.#waiting.length >= INPUTS_WAITING_MAX) return waiting.settle?.("unavailable");
    this.#waiting.push(waiting);
    if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#waiting.length + this.#progress.size > 0) await this.#takeSome(this.#next());
    } catch (error) {
      this.#outlet.failed(error);
    } finally {
      this.#isBusy = false;
    }
  }

  #next(): readonly WaitingInput[] {
    const some = this.#waiting.splice(0, INPUTS_AT_ONCE_MAX);
    for (const [name, waiting] of this.#progress) {
      if (some.length >= INPUTS_AT_ONCE_MAX) break;
      this.#progress.delete(name);
      some.push(waiting);
    }
    return some;
  }

  async #takeSome(some: readonly WaitingInput[]): Promise<void> {
    const taken = await this.#sink.take(some.map(({ input }) => input));
    this.#tellFault(typeof taken === "string" ? taken : undefined);
    for (const [i, { settle }] of some.entries()) settle?.(typeof taken === "string" ? "unavailable" : taken[i]);
  }

  #tellFault(reason: string | undefined): void {
    if (reason !== undefined && !this.#isFaulty) this.#outlet.faulty(reason);
    if (reason === undefined && this.#isFaulty) this.#outlet.mended();
    this.#isFaulty = reason !== undefined;
  }
}

/** Undefined on plain CoAP. */
function idOf(identity: Uint8Array): string | undefined {
  return identity.length === 0 ? undefined : identityText(identity);
}
