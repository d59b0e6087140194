// An operator acts: it is refused, or done and recorded with whoever did it.

import { isDownloading } from "../assignment.ts";
import type { Device } from "../device.ts";
import type { DeviceChange, FleetAction } from "../fleet-action.ts";
import type { Actor } from "../fleet-event.ts";
import { refusalOfAction } from "./action-refusal.ts";
import { end } from "./progress.ts";
import type { Turn } from "./turn.ts";

export function stepAction(turn: Turn, actor: Actor, action: FleetAction): void {
  turn.refused = refusalOfAction(turn.fleet, turn.device, actor, action);
  if (turn.refused !== undefined) return;
  if (action.kind === "deviceForget" && turn.assignment !== undefined) {
    turn.isCut = isDownloading(turn.assignment.state);
    end(turn, "cancelled", "forgotten");
  }
  turn.change({ kind: "acted", person: actor.person, action });
  if (turn.device !== undefined) turn.device = deviceAfterAction(turn.device, action);
  if ("name" in action && turn.fleet.rollouts.has(action.name)) afterRolloutAction(turn, action);
}

function afterRolloutAction(turn: Turn, { kind, name }: Extract<FleetAction, { readonly name: string }>): void {
  turn.settle(name);
  if (kind === "rolloutPause" || kind === "rolloutAbort" || kind === "rolloutWayBack") turn.sweep(name);
}

function deviceAfterAction(device: Device, action: FleetAction): Device | undefined {
  switch (action.kind) {
    case "deviceForget":
      return undefined;
    case "deviceConsent":
      return { ...device, consent: action.consent };
    case "deviceSet":
      return deviceWith(device, action.change);
    default:
      return device;
  }
}

function deviceWith(device: Device, { attributes, isOptedOut, postponedUntil }: DeviceChange): Device {
  return {
    ...device,
    attributes: attributes === undefined ? device.attributes : mergedAttributes(device.attributes, attributes),
    isOptedOut: isOptedOut ?? device.isOptedOut,
    postponedUntil: postponedUntil === 0 ? undefined : (postponedUntil ?? device.postponedUntil),
  };
}

function mergedAttributes(
  before: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const merged = Object.entries({ ...before, ...change }).filter(([, value]) => value !== "");
  return Object.fromEntries(merged);
}
