// What people read of tune's rows, on the terminal and on the page: times, settings, and what to do.

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

/** The words after `narrowboat serve`: the largest block that the server hands out. */
export function serveFlags({ blockSize }: TuneRow): string {
  return `--block-size ${blockSize === "auto" ? 1024 : blockSize}`;
}

/** What to set on the device: for our own the flags of `narrowboat pull`. */
export function deviceSettings({ device, blockSize, ackTimeoutSeconds, window }: TuneRow): string {
  if (device === "own") {
    return `--block-size ${blockSize} --window ${window} --ack-timeout ${ackTimeoutSeconds}`;
  }
  return `block size ${blockSize}, ACK_TIMEOUT ${ackTimeoutSeconds} s, ${window} request${window === 1 ? "" : "s"} at a time`;
}

/** What to do about a profile, in one sentence; `rows` are all of that profile. */
export function recommendation(rows: readonly TuneRow[]): string {
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return `no run got the image across: ${rows[0]?.failure ?? "nothing was run"}`;
  const { seconds, completed, runs } = best;
  const share = completed === runs ? "" : `, but only ${completed} of ${runs} runs ended`;
  const pace = `${formatDuration(seconds.p50!)}, ${formatTimesLimit(best)} times the limit${share}`;
  return `serve ${serveFlags(best)}; device: ${deviceSettings(best)}: ${pace}`;
}
