// What a start means, of what the bootloader chose and what the device remembers: the one place that tells a trial from a
// fall-back, and a fall-back from a power cut that came before anything was tried.

import type { Reason } from "../../manifest/reason.ts";
import type { Bootloader } from "./bootloader.ts";
import type { Candidate, DeviceMemory } from "./device-memory.ts";

/**
 * How often one candidate is tried. A trial that ends without a verdict may have been a power cut's; two are hardly chance.
 */
export const CANDIDATE_TRIALS_MAX = 2;

export type Start =
  /** Nothing is being tried. */
  | { readonly kind: "usual" }
  /** The candidate runs, and has to show what it can do. */
  | { readonly kind: "onTrial"; readonly candidate: Candidate }
  /** The candidate runs and is confirmed, and power failed before that was written down. */
  | { readonly kind: "confirmed"; readonly candidate: Candidate }
  /** The old image runs, and the candidate has not had its chance yet. */
  | { readonly kind: "tryAgain"; readonly candidate: Candidate }
  | { readonly kind: "fellBack"; readonly candidate: Candidate; readonly reason: Reason };

export function startOf({ candidate }: DeviceMemory, bootloader: Bootloader): Start {
  if (candidate === undefined) return { kind: "usual" };
  if (bootloader.running === candidate.slot) return { kind: bootloader.onTrial ? "onTrial" : "confirmed", candidate };
  const { verdict, trials, hasRun } = candidate;
  if (verdict !== undefined) return { kind: "fellBack", candidate, reason: verdict };
  if (trials < CANDIDATE_TRIALS_MAX) return { kind: "tryAgain", candidate };
  return { kind: "fellBack", candidate, reason: hasRun ? "powerLost" : "bootFailed" };
}
