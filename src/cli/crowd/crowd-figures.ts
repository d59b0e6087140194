// What a crowd comes to at a moment, for people and for programs.

import type { CrowdDevice, CrowdState } from "./crowd-device.ts";

export interface CrowdFigures {
  readonly devices: number;
  /** How many devices run each version. */
  readonly versions: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<CrowdState, number>>;
  readonly checkIns: number;
}

export function figuresOf(devices: readonly CrowdDevice[]): CrowdFigures {
  const versions: Record<string, number> = {};
  const states: Record<CrowdState, number> = { starting: 0, away: 0, resting: 0, downloading: 0, onTrial: 0 };
  let checkIns = 0;
  for (const { version, state, checkInCount } of devices) {
    versions[version] = (versions[version] ?? 0) + 1;
    states[state]++;
    checkIns += checkInCount;
  }
  return { devices: devices.length, versions, states, checkIns };
}

/** One line: `50 devices: 20 run factory, 30 run 1.1.0; 2 download, 1 on trial; 3 reach no server`. */
export function figuresLine({ devices, versions, states }: CrowdFigures): string {
  const running = Object.entries(versions).map(([version, count]) => `${count} run ${version}`);
  const busy = [
    ...(states.starting > 0 ? [`${states.starting} start`] : []),
    ...(states.downloading > 0 ? [`${states.downloading} download`] : []),
    ...(states.onTrial > 0 ? [`${states.onTrial} on trial`] : []),
    ...(states.away > 0 ? [`${states.away} reach no server`] : []),
  ];
  return `${devices} devices: ${running.join(", ")}${busy.length === 0 ? "" : `; ${busy.join(", ")}`}`;
}
