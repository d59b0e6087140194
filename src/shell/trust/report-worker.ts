// The thread that writes reports. Its messages are in report-keeper.ts.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { type ReceivedReport, ReportStore } from "../../release-store/report-store.ts";
import { StoreError } from "../../store/store-error.ts";
import type { FromReportWorker, ToReportWorker } from "./report-keeper.ts";

const port = parentPort;
assert(port !== null, "started as a thread");
const say = (message: FromReportWorker) => port.postMessage(message);

class ReportWriter {
  /** Opened when there is something to write, and again after it could not be. */
  #store: ReportStore | undefined;

  keep(reports: readonly ReceivedReport[]): void {
    try {
      this.#store ??= ReportStore.open(workerData as string);
      this.#store.addAll(reports);
      say({ kind: "kept" });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say({ kind: "lost", reason: error.message });
    }
  }

  close(): void {
    this.#store?.close();
  }
}

const writer = new ReportWriter();
port.on("message", (message: ToReportWorker) => {
  if (message !== "close") return writer.keep(message);
  writer.close();
  port.close();
});
