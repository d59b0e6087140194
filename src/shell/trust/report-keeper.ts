// Reports on their way into their store, on a thread of its own: no datagram waits for a disk. What comes while a transaction
// runs goes together into the next one, and a device is answered only when its report is kept.

import { Worker } from "node:worker_threads";
import type { ReceivedReport } from "../../release-store/report-store.ts";
import type { ReportQuestion } from "../../server/report-resource.ts";

/** Reports in one transaction, and reports that wait for one; of more, each is refused at once and comes again. */
export const REPORTS_AT_ONCE_MAX = 1_000;
export const REPORTS_WAITING_MAX = 4_096;

/** One `kept` or `lost` answers it. */
export type ToReportWorker = readonly ReceivedReport[] | "close";

export type FromReportWorker = { readonly kind: "kept" } | { readonly kind: "lost"; readonly reason: string };

export interface ReportKeeperOutlet {
  settled(question: ReportQuestion, isKept: boolean): void;
  /** They cannot be kept now; said once until `mended`. */
  faulty(reason: string): void;
  mended(): void;
  failed(error: unknown): void;
}

/** What keeps reports. Rejects with what is our own mistake; resolves with a reason where the disk is to blame. */
export interface ReportSink {
  keep(reports: readonly ReceivedReport[]): Promise<string | undefined>;
  close(): Promise<void>;
}

interface WaitingReport {
  readonly question: ReportQuestion;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

export class ReportKeeper {
  readonly #sink: ReportSink;
  readonly #outlet: ReportKeeperOutlet;
  readonly #waiting: WaitingReport[] = [];
  #isBusy = false;
  #isFaulty = false;

  constructor(sink: ReportSink, outlet: ReportKeeperOutlet) {
    this.#sink = sink;
    this.#outlet = outlet;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** `receivedAt` in milliseconds since 1970. */
  keep(question: ReportQuestion, receivedAt: number): void {
    if (this.#waiting.length >= REPORTS_WAITING_MAX) return this.#outlet.settled(question, false);
    this.#waiting.push({ question, receivedAt });
    if (!this.#isBusy) void this.#work();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#waiting.length > 0) await this.#keepSome(this.#waiting.splice(0, REPORTS_AT_ONCE_MAX));
    } catch (error) {
      this.#outlet.failed(error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #keepSome(some: readonly WaitingReport[]): Promise<void> {
    const lost = await this.#sink.keep(
      some.map(({ question: { device, report }, receivedAt }) => ({ device, report, receivedAt })),
    );
    this.#tellFault(lost);
    for (const { question } of some) this.#outlet.settled(question, lost === undefined);
  }

  #tellFault(reason: string | undefined): void {
    if (reason !== undefined && !this.#isFaulty) this.#outlet.faulty(reason);
    if (reason === undefined && this.#isFaulty) this.#outlet.mended();
    this.#isFaulty = reason !== undefined;
  }
}

/** A thread that has the store open, from the first report on. */
export class ReportThread implements ReportSink {
  readonly #directory: string;
  #worker: Worker | undefined;
  #settle: { resolve(reason: string | undefined): void; reject(error: unknown): void } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  keep(reports: readonly ReceivedReport[]): Promise<string | undefined> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      worker.postMessage(reports);
    });
  }

  /** When all that was asked for is done. */
  close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      worker.once("exit", () => resolve());
      worker.postMessage("close");
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./report-worker.js", import.meta.url), { workerData: this.#directory });
    worker.on("message", (message: FromReportWorker) => {
      this.#settle?.resolve(message.kind === "lost" ? message.reason : undefined);
    });
    worker.on("error", (error) => this.#settle?.reject(error));
    return worker;
  }
}
