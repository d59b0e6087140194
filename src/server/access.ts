// Who may fetch what. An identity's scope is looked up at the first request of its session and kept with that, until scopes
// have changed: a block's request looks nothing up.

import { Code } from "../coap/code.ts";
import { OptionNumber, uintOption } from "../coap/option.ts";
import { RETRY_AFTER_SECONDS } from "../coap/parameters.ts";
import { type PlainResponse, responseFor } from "../coap/response.ts";
import { Session } from "../dtls/session/session.ts";
import { isWithin, type Scope, type Scopes } from "../firmware/scope.ts";
import type { Association } from "./association.ts";

const FORBIDDEN: PlainResponse = { code: Code.FORBIDDEN };

/** Where a store cannot be read now. */
export const UNAVAILABLE = responseFor("serviceUnavailable", [uintOption(OptionNumber.MAX_AGE, RETRY_AFTER_SECONDS)]);

export class Access {
  readonly #scopes: Scopes | undefined;
  /** How often scopes have changed, from 1 on: what a session was told before is asked again. */
  #change = 1;

  /** Everybody may fetch everything when absent. */
  constructor(scopes: Scopes | undefined) {
    this.#scopes = scopes;
  }

  /** Identities may be bound to something else. */
  handleScopesChange(): void {
    this.#change++;
  }

  /** What answers a request for an image of a product, whatever its class; undefined where it may be fetched. */
  refusalOfProduct(association: Association, product: string): PlainResponse | undefined {
    const scope = this.#scopeOf(association);
    if (scope === undefined) return undefined;
    if (scope === "unavailable") return UNAVAILABLE;
    return scope.products.includes(product) ? undefined : FORBIDDEN;
  }

  /** The same for what is of a class, or of none. */
  refusalOf(association: Association, product: string, className: string | undefined): PlainResponse | undefined {
    const scope = this.#scopeOf(association);
    if (scope === undefined) return undefined;
    if (scope === "unavailable") return UNAVAILABLE;
    return isWithin(scope, product, className) ? undefined : FORBIDDEN;
  }

  /** On plain CoAP nobody has an identity, and nothing is guarded. */
  #scopeOf(association: Association): Scope | "unavailable" | undefined {
    if (this.#scopes === undefined || !(association instanceof Session)) return undefined;
    if (association.scopeChange === this.#change) return association.scope as Scope | undefined;
    const scope = this.#scopes.scopeOf(association.identity);
    if (scope === "unavailable") return scope;
    association.scope = scope;
    association.scopeChange = this.#change;
    return scope;
  }
}
