// draft-ietf-suit-manifest-37 8.4.9, and update-management's: each compares a parameter with the device.

import { equal } from "../../base/bytes.ts";
import { CONDITION_NAMES, Condition, type ConditionCode, UPDATE_MANAGEMENT } from "./codes.ts";
import type { Machine } from "./machine.ts";
import type { UpdateManagementState } from "./model-device.ts";
import type { Comparison } from "./parameters.ts";
import { hasDigest } from "./suit-digest.ts";

/** Why the condition does not hold; undefined when it does. What it needs and nobody set makes it fail. */
export function conditionFault(machine: Machine, code: ConditionCode, index: number): string | undefined {
  const { device } = machine;
  const parameters = machine.parameters(index);
  if (UPDATE_MANAGEMENT.has(code)) return updateManagementFault(machine, code, index);
  switch (code) {
    case Condition.VENDOR_IDENTIFIER:
      return identifierFault("vendor", parameters.vendorId, device.vendorId);
    case Condition.CLASS_IDENTIFIER:
      return identifierFault("class", parameters.classId, device.classId);
    case Condition.DEVICE_IDENTIFIER:
      return identifierFault("device", parameters.deviceId, device.deviceId);
    case Condition.IMAGE_MATCH:
      return imageFault(machine, index);
    case Condition.COMPONENT_SLOT:
      return slotFault(parameters.slot, machine.component(index).slot);
    case Condition.CHECK_CONTENT:
      return contentFault(machine, index);
    default:
      return "the manifest says so";
  }
}

function identifierFault(
  what: string,
  wanted: Uint8Array | undefined,
  own: Uint8Array | undefined,
): string | undefined {
  if (wanted === undefined) return `no ${what} was set`;
  return own !== undefined && equal(wanted, own) ? undefined : `the device is of another ${what}`;
}

function slotFault(wanted: number | undefined, own: number | undefined): string | undefined {
  if (wanted === undefined) return "no slot was set";
  if (own === undefined) return "the component has no slots";
  return wanted === own ? undefined : `the component is in slot ${own}, not in ${wanted}`;
}

function imageFault(machine: Machine, index: number): string | undefined {
  const { imageDigest, imageSize } = machine.parameters(index);
  const content = machine.content(index);
  if (imageDigest === undefined) return "no digest was set";
  if (content === undefined) return "the component holds nothing";
  if (imageSize !== undefined && imageSize !== content.length) {
    return `the component holds ${content.length} bytes, not ${imageSize}`;
  }
  const matches = hasDigest(machine.crypto, content, imageDigest);
  if (matches === undefined) return `the digest is of algorithm ${imageDigest.algorithm}, and SHA-256 is known`;
  if (!matches) return "the component has another digest";
  machine.check(index);
  return undefined;
}

function contentFault(machine: Machine, index: number): string | undefined {
  const { content: wanted } = machine.parameters(index);
  const content = machine.content(index);
  if (wanted === undefined) return "no content was set";
  if (content === undefined || !equal(content, wanted)) return "the component holds something else";
  machine.check(index);
  return undefined;
}

function updateManagementFault(machine: Machine, code: ConditionCode, index: number): string | undefined {
  const state = machine.device.updateManagement;
  if (state === undefined) return `the device does not know ${CONDITION_NAMES.get(code)}`;
  switch (code) {
    case Condition.IMAGE_NOT_MATCH:
      return imageFault(machine, index) === undefined ? "the component has this digest already" : undefined;
    case Condition.VERSION:
      return versionFault(machine, index);
    default:
      return stateFault(machine, state, code, index);
  }
}

function stateFault(
  machine: Machine,
  state: UpdateManagementState,
  code: ConditionCode,
  index: number,
): string | undefined {
  const { useBefore, minimumBattery } = machine.parameters(index);
  if (code === Condition.UPDATE_AUTHORIZED) return state.isAuthorized ? undefined : "nobody allowed the update";
  if (code === Condition.USE_BEFORE) {
    if (useBefore === undefined) return "no time was set";
    return state.now < useBefore ? undefined : "the time until which it may be used is over";
  }
  if (minimumBattery === undefined) return "no charge of the battery was set";
  return state.battery >= minimumBattery ? undefined : `the battery has ${state.battery} %, not ${minimumBattery}`;
}

function versionFault(machine: Machine, index: number): string | undefined {
  const { version: wanted } = machine.parameters(index);
  const { version: own } = machine.component(index);
  if (wanted === undefined) return "no version was set";
  if (own === undefined) return "the component has no version";
  return HOLDS[wanted.comparison](compareVersions(own, wanted.version))
    ? undefined
    : "the component has another version";
}

const HOLDS: Readonly<Record<Comparison, (difference: number) => boolean>> = {
  ">": (difference) => difference > 0,
  ">=": (difference) => difference >= 0,
  "=": (difference) => difference === 0,
  "<=": (difference) => difference <= 0,
  "<": (difference) => difference < 0,
};

/** Below zero, zero or above; parts that are missing are zeros, so 1.0-beta, [1, 0, -2], is before 1.0. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
