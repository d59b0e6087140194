// Every discard, alert and refusal, counted by its name and, where it has one, by its reason. What is an event as well is
// counted by observing the events; what a flood can cause by the thousand each second is counted alone.

import type { CoapServerCount } from "../coap/coap-server-options.ts";
import type { DtlsCount } from "../dtls/dtls-server-outlet.ts";
import type { ServerEvent } from "./server-event.ts";

export type CounterName =
  | CoapServerCount
  | DtlsCount
  | "handshakeFailed"
  | "keyRefused"
  /** A request on plain CoAP, while sessions go first. */
  | "plainRequestShed"
  | "sessionDown"
  /** What the system said of a socket, by its own name: EMSGSIZE; and what was sent to many, which is left out. */
  | "socket";

export class Counters {
  readonly #counts = new Map<CounterName, Map<string, number>>();
  #total = 0;

  /** Of all names together. */
  get total(): number {
    return this.#total;
  }

  /** `reason` is empty where the name says it all. */
  add(name: CounterName, reason = ""): void {
    this.#total++;
    let reasons = this.#counts.get(name);
    if (reasons === undefined) {
      reasons = new Map();
      this.#counts.set(name, reasons);
    }
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  /** Counts an event that has a reason. */
  observe(event: ServerEvent): void {
    switch (event.kind) {
      case "handshakeFailed":
      case "keyRefused":
        return this.add(event.kind, event.reason);
      case "sessionDown":
        return this.add(event.kind, event.end);
    }
  }

  /** By name, or by `name.reason` where there is a reason, in alphabetical order; what never happened is absent. */
  snapshot(): Readonly<Record<string, number>> {
    const flat = [...this.#counts].flatMap(([name, reasons]) =>
      [...reasons].map(([reason, count]) => [reason === "" ? name : `${name}.${reason}`, count] as const),
    );
    return Object.fromEntries(flat.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
