// What `narrowboat tune` is told: lists between commas, sizes, link profiles by name or file.

import { statSync } from "node:fs";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { NAMED_PROFILES } from "../../../sim/profiles/profiles.ts";
import { SAMPLE_COUNT_MAX } from "../../../sim/tune/sample-statistics.ts";
import { bytesIn, parseBlockSizeOrAuto, parseWindow } from "../arguments.ts";
import { wrongUse } from "../command-error.ts";
import { profileFor } from "../profile-argument.ts";

/** The largest image of a simulation: a device's slot is held in memory, and RFC 7959's NUM ends at 16 bytes here. */
const SIMULATED_LENGTH_MAX = 16 * 2 ** 20;
const ACK_TIMEOUT_SECONDS_MAX = 3_600;

export function parseBlockSizes(text: string): readonly (number | "auto")[] {
  return parseList(text, parseBlockSizeOrAuto);
}

export function parseWindows(text: string): readonly (number | "auto")[] {
  return parseList(text, parseWindow);
}

/** In seconds. */
export function parseAckTimeouts(text: string): readonly number[] {
  return parseList(text, (one) => {
    const seconds = /^\d+(\.\d{1,3})?s?$/.test(one) ? Number.parseFloat(one) : Number.NaN;
    if (seconds > 0 && seconds <= ACK_TIMEOUT_SECONDS_MAX) return seconds;
    throw wrongUse(`"${one}" is not an ACK_TIMEOUT: use seconds such as 2 or 4.5, at most ${ACK_TIMEOUT_SECONDS_MAX}`);
  });
}

export function parseRuns(text: string): number {
  const runs = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (runs >= 1 && runs <= SAMPLE_COUNT_MAX) return runs;
  throw wrongUse(`"${text}" is no number of runs: use 1 to ${SAMPLE_COUNT_MAX}`);
}

/** The heap of one simulation ends soon after. */
const DEVICES_MAX = 10_000;

export function parseDeviceCount(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= DEVICES_MAX) return count;
  throw wrongUse(`"${text}" is no number of devices: use 1 to ${DEVICES_MAX}`);
}

export function parseSize(text: string): number {
  const bytes = bytesIn(text);
  if (bytes >= 1 && bytes <= SIMULATED_LENGTH_MAX) return bytes;
  throw wrongUse(`"${text}" is not the size of an image: use bytes, such as 102400 or 100k, at most 16M`);
}

/** The length of the image in `file`. */
export function lengthOfImage(file: string): number {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw wrongUse(`cannot read ${file}: name a file with a firmware image`);
  return parseSize(String(stat.size));
}

/** All named profiles at once. */
const ALL = "all";

/** Profiles between commas; a comma inside a link's parameters (`lte-m:loss=2%,rtt=1s`) parts nothing. */
export function parseProfiles(text: string): readonly LinkProfile[] {
  const names: string[] = [];
  for (const part of text.split(",")) {
    if (names.at(-1)?.includes(":") === true && /^[a-z]+=/.test(part)) names.push(`${names.pop()},${part}`);
    else names.push(part);
  }
  const given = names.flatMap((name) => (name === ALL ? NAMED_PROFILES.map((one) => one.name) : [name]));
  return [...new Set(given)].map(profileGiven);
}

/** A link keeps its parameters in its name, so that two of them can be told apart. */
function profileGiven(text: string): LinkProfile {
  const profile = profileFor(text);
  return text.includes(":") ? { ...profile, name: text } : profile;
}

function parseList<T>(text: string, parse: (one: string) => T): readonly T[] {
  return [...new Set(text.split(",").map((one) => parse(one.trim())))];
}
