// A server's look at its store of releases while it serves. What cannot be read now is answered 5.03, and asked again each
// second whether it can be read again.

import type { ImageName } from "../../firmware/image-name.ts";
import type { LogHead, OfferedRelease, Releases, Unavailable } from "../../firmware/releases.ts";
import { StoreFault, type StoreFaultOutlet } from "../store-fault.ts";

/** What the shell asks of a store of releases; release-store/ happens to fit. */
export interface ReleaseSource {
  current(product: string, className: string | undefined): OfferedRelease | undefined;
  wayBack(product: string, className: string | undefined, running: Uint8Array): OfferedRelease | undefined;
  byDigest(product: string, prefix: Uint8Array): OfferedRelease | undefined;
  trustRoot(product: string): Uint8Array | undefined;
  wantsProof(product: string, className: string | undefined): boolean;
  /** Images of which every release is withdrawn. */
  withheld(): readonly ImageName[];
  /** Whether somebody else has written since the last call. */
  refresh(): boolean;
}

/** What the shell asks of the registry. */
export interface LogSource {
  /** That a manifest with this digest stands in it. */
  proof(digest: Uint8Array): Uint8Array | undefined;
  head(): LogHead | undefined;
  /** Takes up what was signed since the last call. */
  refresh(): boolean;
}

export class ReleaseWatch implements Releases {
  readonly #source: ReleaseSource;
  readonly #log: LogSource | undefined;
  readonly #fault: StoreFault;

  constructor(source: ReleaseSource, log: LogSource | undefined, outlet: StoreFaultOutlet) {
    this.#source = source;
    this.#log = log;
    this.#fault = new StoreFault(outlet);
  }

  current(product: string, className: string | undefined): OfferedRelease | Unavailable | undefined {
    return this.#read(() => this.#source.current(product, className));
  }

  wayBack(
    product: string,
    className: string | undefined,
    running: Uint8Array,
  ): OfferedRelease | Unavailable | undefined {
    return this.#read(() => this.#source.wayBack(product, className, running));
  }

  byDigest(product: string, prefix: Uint8Array): OfferedRelease | Unavailable | undefined {
    return this.#read(() => this.#source.byDigest(product, prefix));
  }

  trustRoot(product: string): Uint8Array | Unavailable | undefined {
    return this.#read(() => this.#source.trustRoot(product));
  }

  proof(product: string, className: string | undefined, digest: Uint8Array): Uint8Array | undefined {
    if (this.#log === undefined) return undefined;
    const log = this.#log;
    const proof = this.#read(() => (this.#source.wantsProof(product, className) ? log.proof(digest) : undefined));
    return proof === "unavailable" ? undefined : proof;
  }

  logHead(): LogHead | undefined {
    const head = this.#read(() => this.#log?.head());
    return head === "unavailable" ? undefined : head;
  }

  /** Images that are served no longer, for every release of them is withdrawn; undefined where it cannot be told now. */
  withheld(): readonly ImageName[] | undefined {
    const names = this.#read(() => this.#source.withheld());
    return names === "unavailable" ? undefined : names;
  }

  /** Once a second. Whether there may be other releases. */
  ask(): boolean {
    let isChanged = false;
    const asked = this.#fault.survives(() => {
      isChanged = this.#source.refresh();
      this.#log?.refresh();
    });
    if (!asked || !this.#fault.isPresent) return isChanged;
    this.#fault.mend();
    return true;
  }

  #read<Value>(read: () => Value): Value | Unavailable {
    try {
      return read();
    } catch (error) {
      this.#fault.meet(error);
      return "unavailable";
    }
  }
}
