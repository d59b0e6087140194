// What a commit of the fleet is to whoever operates the server.

import type { FleetRecord } from "../../fleet/fleet-record.ts";
import type { ServerEvent } from "../../server/server-event.ts";

export type FleetNews = Extract<
  ServerEvent,
  { kind: "alertCleared" | "alertRaised" | "phaseChanged" | "rolloutChanged" }
>;

/** Undefined for what is about one device alone, and for what an operator did and knows. */
export function newsOf({ change }: FleetRecord): FleetNews | undefined {
  switch (change.kind) {
    case "rollout": {
      const { rollout, state, reason } = change;
      return { kind: "rolloutChanged", rollout, state, reason };
    }
    case "phase":
      return { kind: "phaseChanged", rollout: change.rollout, phase: change.phase + 1, state: change.state };
    case "alertRaised": {
      const { rule, subject, text } = change.alert;
      return { kind: "alertRaised", rule, subject, text };
    }
    case "alertCleared":
      return change;
    default:
      return undefined;
  }
}
