// What came of trying a manifest on a model of a device, in one line.

import type { Trial } from "../../manifest/suit/interpreter.ts";

/** `device`: "a device of class pump that runs 1.2.0". */
export function trialWords(device: string, trial: Trial): string {
  if (trial.accepted) return [`${device} would accept this`, ...trial.notes].join("; ");
  const { section, path, command, why } = trial.refusal;
  const at = command === undefined ? section : `${section}, ${placeWords(path)}, ${command}`;
  return `${device} would refuse this: ${at}: ${why}`;
}

/** A path that begins with zero leads into the shared sequence. */
function placeWords(path: readonly number[]): string {
  const [first, ...rest] = path;
  return first === 0 ? `shared command ${rest.join(".")}` : `command ${path.join(".")}`;
}
