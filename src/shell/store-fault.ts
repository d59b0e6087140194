// Whether a store of a server cannot be read now, for a reason of the operator's disk: a fault that the server lives
// through, said once when it begins and once when it is over.

import { StoreError } from "../store/store-error.ts";

export interface StoreFaultOutlet {
  /** The store cannot be read; said once until `mended`. */
  faulty(reason: string): void;
  mended(): void;
}

export class StoreFault {
  readonly #outlet: StoreFaultOutlet;
  #isPresent = false;

  constructor(outlet: StoreFaultOutlet) {
    this.#outlet = outlet;
  }

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Does `work`; false where the store cannot be read. What is our own mistake is thrown. */
  survives(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.meet(error);
      return false;
    }
  }

  /** A question to the store ended with `error`, which is thrown again where it is our own mistake. */
  meet(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (!this.#isPresent) this.#outlet.faulty(error.message);
    this.#isPresent = true;
  }

  /** All that was asked of the store is answered. */
  mend(): void {
    if (!this.#isPresent) return;
    this.#isPresent = false;
    this.#outlet.mended();
  }
}
