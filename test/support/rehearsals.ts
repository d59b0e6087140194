// Roll-outs to rehearse: three devices, and then all of them.

import { profileNamed } from "../../sim/profiles/profiles.ts";
import type { Rehearsal } from "../../sim/rehearsal/rehearsal.ts";
import { type PhaseSize, ROLLOUT_DEFAULTS, type RolloutPlan } from "../../src/fleet/rollout.ts";

export const REHEARSED_DEVICES = 6;

const PHASES: readonly PhaseSize[] = [
  { kind: "count", count: 3 },
  { kind: "share", share: 1 },
];

export function rehearsedPlan(change: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    name: "spring",
    product: "pump",
    version: "1.1.0",
    group: undefined,
    where: undefined,
    ...ROLLOUT_DEFAULTS,
    phases: PHASES,
    soakMs: 10_000,
    downloadWindow: undefined,
    installWindow: undefined,
    perCell: undefined,
    pace: undefined,
    ...change,
  };
}

export function rehearsal(change: Partial<Rehearsal> = {}): Rehearsal {
  return {
    plan: rehearsedPlan(),
    product: {
      name: "pump",
      offer: "rollout",
      comeAgainSeconds: 3_600,
      approvals: 0,
      needsRehearsal: true,
      supportEndsAt: undefined,
    },
    released: {
      release: {
        product: "pump",
        version: "1.1.0",
        class: undefined,
        sequenceNumber: 7,
        digest: "",
        sha256: "",
        size: 4_096,
        kind: "functional",
        notAfter: undefined,
        requires: undefined,
        forRunning: undefined,
      },
      bytes: undefined,
    },
    imageStarts: true,
    profile: profileNamed("lte-m"),
    deviceCount: REHEARSED_DEVICES,
    bootFails: 0,
    cellCount: undefined,
    intervalMs: 5_000,
    startsAt: 1_800_000_000_000,
    ...change,
  };
}
