// A server's look at what identities are bound to while it serves. Who is bound cannot be told while the store cannot be read,
// and then nobody new is let at anything.

import type { Scope, Scopes } from "../../firmware/scope.ts";
import { StoreFault, type StoreFaultOutlet } from "../store-fault.ts";

/** What the shell asks of a store of scopes; psk/ happens to fit. */
export interface ScopeSource {
  /** Undefined for an identity that is not bound. */
  scopeOf(identity: Uint8Array): Scope | undefined;
  /** Whether another process has written since the last call. */
  changedElsewhere(): boolean;
}

export class ScopeWatch implements Scopes {
  readonly #source: ScopeSource;
  readonly #fault: StoreFault;

  constructor(source: ScopeSource, outlet: StoreFaultOutlet) {
    this.#source = source;
    this.#fault = new StoreFault(outlet);
  }

  scopeOf(identity: Uint8Array): Scope | "unavailable" | undefined {
    let scope: Scope | undefined;
    const found = this.#fault.survives(() => {
      scope = this.#source.scopeOf(identity);
    });
    return found ? scope : "unavailable";
  }

  /** Once a second. Whether scopes may be others. */
  ask(): boolean {
    let isChanged = false;
    const asked = this.#fault.survives(() => {
      isChanged = this.#source.changedElsewhere();
    });
    if (asked) this.#fault.mend();
    return isChanged;
  }
}
