// What people read of tune's rows, on the terminal and on the page: times, settings, and what to do.

import type { FigureCounts } from "../../../sim/tune/combination-row.ts";
import { type Goal, TOLERANCE } from "../../../sim/tune/recommendation.ts";
import type { TuneRow } from "../../../sim/tune/tune-row.ts";

/** "45.1 s", "2 min 46 s", "1 h 43 min", "2 d 4 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(seconds / 3_600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "45.1 s..2 min 46 s" */
export function formatSpan(low: number, high: number): string {
  return `${formatDuration(low)}..${formatDuration(high)}`;
}

/** "512", "100 KiB" */
export function formatLength(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}

/** How many times the physical limit the median took: "1.28"; "-" when nothing arrived. */
export function formatTimesLimit({ seconds, limitSeconds }: TuneRow): string {
  return seconds.p50 === null || limitSeconds === 0 ? "-" : (seconds.p50 / limitSeconds).toFixed(2);
}

/** "1024/5 s": what tells a combination from the others of its kind. */
export function formatCombination({ blockSize, ackTimeoutSeconds, window }: TuneRow): string {
  const usual = window === 1 || window === "auto";
  return `${blockSize}/${ackTimeoutSeconds} s${usual ? "" : `/window ${window}`}`;
}

const BEST: Readonly<Record<Goal, string>> = {
  time: "has the least median time",
  p95: "has the least 95th percentile of time",
  energy: "takes the least energy",
  bytes: "takes the fewest bytes",
};

/** What to take of a profile and how sure that is, a sentence each; `rows` are all of that profile. */
export function recommendation(rows: readonly TuneRow[]): readonly string[] {
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return [`no run got the image across: ${rows[0]?.failure ?? "nothing was run"}`];
  return [...howSure(rows, best), ...howOften(rows, best), pace(best)];
}

function howSure(rows: readonly TuneRow[], best: TuneRow): readonly string[] {
  const { sureness } = best;
  if (sureness === null) return [];
  const share = `in ${(100 * sureness).toFixed(0)} % of resamples`;
  const equals = rows.filter(({ asGoodAsBest }) => asGoodAsBest).map(formatCombination);
  const name = formatCombination(best);
  if (equals.length === 1) return [`${name} ${BEST[best.goal]} ${share}`];
  return [
    `${formatList(equals)} cannot be told apart (${100 * TOLERANCE} % are the same); one of them ${BEST[best.goal]} ${share}`,
    `${name} is the cheapest of them`,
  ];
}

function howOften(rows: readonly TuneRow[], { completed, runs }: TuneRow): readonly string[] {
  if (completed === runs) return [];
  const others = rows.length > 1 ? ", and none of the others always does" : "";
  return [`only ${completed} of ${runs} runs ended${others}`];
}

/** What an update comes to. */
function pace(best: TuneRow): string {
  const { seconds, bytesUp, bytesDown, energyJoules } = best;
  return (
    `an update takes ${formatDuration(seconds.p50!)}, ${formatTimesLimit(best)} times the limit, ` +
    `${formatKilobytes(bytesUp! + bytesDown!)} kB and ${formatFigure(energyJoules!)} J`
  );
}

/** How much of the link nobody measured. */
export function assumptionsOf({
  profile,
  figures,
}: {
  readonly profile: string;
  readonly figures: FigureCounts;
}): string {
  const { all, assumed } = figures;
  return `${assumed} of the ${all} figures of this link are assumptions: narrowboat profiles ${profile}`;
}

/** "10 at a time", "all at once" */
export function formatAtATime({ atATime, devices }: { readonly atATime: number; readonly devices: number }): string {
  return atATime === devices ? "all at once" : `${atATime} at a time`;
}

/** "a, b and c" */
export function formatList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export function formatKilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/** To three digits, or to whole ones. */
export function formatFigure(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
