// Whether there is a fleet to see to in a data directory: until somebody makes a product or a roll-out, and no device has checked
// in, a server does without the thread that it lives on.

import { openDecisionFile } from "../registry-store/decision-file.ts";
import { StoreError } from "../store/store-error.ts";
import type { Statement, StoreFile } from "../store/store-file.ts";

export class FleetPresence {
  readonly #file: StoreFile;
  readonly #hasTable: Statement<[], unknown>;
  #isAsked = false;

  /** Throws StoreError, as openDecisionFile does. */
  static open(directory: string): FleetPresence {
    return new FleetPresence(openDecisionFile(directory));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.#hasTable = file.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'fleet_part'");
    file.neverWait();
  }

  /** Asks the file only where it was written since the last call. False as well where it cannot be read now. */
  appeared(): boolean {
    try {
      if (!this.#file.changedElsewhere() && this.#isAsked) return false;
      const isThere = this.#file.attempt(
        () =>
          this.#hasTable.get() !== undefined &&
          this.#file.prepare<[], unknown>("SELECT 1 FROM fleet_part LIMIT 1").get() !== undefined,
      );
      this.#isAsked = true;
      return isThere;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#isAsked = false;
      return false;
    }
  }

  close(): void {
    this.#file.close();
  }
}
