// What a roll-out is made of, as people write it: text in, checked values out. Each refusal is one line.

import { type FailureLimit, type Pace, PHASES_MAX, type PhaseSize, ROLLOUT_DEFAULTS } from "../../fleet/rollout.ts";
import { wrongUse } from "../command-error.ts";

/** From 0 to 1: "5%", or NaN. */
function percentIn(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? [];
  const share = Number(digits ?? Number.NaN) / 100;
  return share <= 1 ? share : Number.NaN;
}

/** From 1 on, or NaN. */
function countIn(text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
}

export function parseShare(text: string): number {
  const share = percentIn(text);
  if (share >= 0) return share;
  throw wrongUse(`"${text}" is not a share: use one from 0% to 100%`);
}

export function parseCount(text: string): number {
  const count = countIn(text);
  if (count >= 1) return count;
  throw wrongUse(`"${text}" is not a number: use a whole one from 1 on`);
}

/** "20,1%,10%,100%": counts and shares. */
export function parsePhases(text: string): readonly PhaseSize[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > PHASES_MAX) throw wrongUse(`${parts.length} phases are named: at most ${PHASES_MAX} can be`);
  return parts.map((part) => {
    const [count, share] = [countIn(part), percentIn(part)];
    if (count >= 1) return { kind: "count", count };
    if (share > 0) return { kind: "share", share };
    throw wrongUse(`"${part}" is no phase: use a number of devices (20), or a share of them (5%)`);
  });
}

/** "3%": a share of those that came to an end; "10": so many. */
export function parseFailure(text: string): FailureLimit {
  const { minimum } = ROLLOUT_DEFAULTS.failure;
  const [count, share] = [countIn(text), percentIn(text)];
  if (count >= 1) return { share: undefined, minimum, count };
  if (share >= 0) return { share, minimum, count: undefined };
  throw wrongUse(`"${text}" is no limit of failures: use a share (3%), or a number of devices (10)`);
}

const PACE = /^(\d{1,6}(?:\.\d{1,3})?)\/min(?:\*(\d{1,2}(?:\.\d{1,3})?)\/(\d{1,7})(?:\.\.(\d{1,6})\/min)?)?$/;

/** Devices a minute, where nothing is said of the most. */
const PACE_MOST = 100_000;

/** "50/min": steady; "50/min*1.5/100..1000/min": one and a half times as fast after each 100 that confirmed, up to 1,000. */
export function parsePace(text: string): Pace {
  const [, rate, growth = "1", every = "1", most] = PACE.exec(text) ?? [];
  const perMinute = Number(rate ?? Number.NaN);
  const pace = { perMinute, growth: Number(growth), every: Number(every), most: Number(most ?? PACE_MOST) };
  if (perMinute > 0 && pace.growth >= 1 && pace.every >= 1 && pace.most >= perMinute) return pace;
  throw wrongUse(`"${text}" is no pace: use one such as 50/min, or 50/min*1.5/100..1000/min to grow with success`);
}

/** "2030-06" or "2030-06-30": the end of that month or day, in ms since 1970 (UTC). */
export function parseEndDate(text: string): number {
  const [, year = "", month = "", day] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text) ?? [];
  const at =
    day === undefined
      ? Date.UTC(Number(year), Number(month), 1)
      : Date.UTC(Number(year), Number(month) - 1, Number(day) + 1);
  if (year !== "" && Number(month) >= 1 && Number(month) <= 12 && isDay(year, month, day)) return at;
  throw wrongUse(`"${text}" is no date: use one such as 2030-06 or 2030-06-30`);
}

function isDay(year: string, month: string, day: string | undefined): boolean {
  return (
    day === undefined || new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  );
}

/** "2026-12-24T18:00Z" and whatever ISO 8601 has, in ms since 1970. */
export function parseTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0) return time;
  throw wrongUse(`"${text}" is no time: use one such as 2026-12-24 or 2026-12-24T18:00+01:00`);
}
