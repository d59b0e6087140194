// A progress bar on a terminal's stderr; nothing elsewhere, so that scripts and logs see results alone.

import type { SingleBar } from "cli-progress";

export interface Progress {
  readonly update: (bytesDone: number, bytesTotal: number | undefined) => void;
  /** Leaves the line; may be called twice. */
  readonly stop: () => void;
}

const NO_PROGRESS: Progress = { update: () => {}, stop: () => {} };

/** `title` stands before the bar, which appears when the total is known and at least `bytesTotalMin`. */
export async function showProgress(title: string, bytesTotalMin = 0): Promise<Progress> {
  if (!process.stderr.isTTY) return NO_PROGRESS;
  const bar = await createBar(`${title} {bar} {percentage} %  {rate}  {eta_formatted} left`);
  const startedAt = performance.now();
  let bytesBefore: number | undefined;
  return {
    update: (bytesDone, bytesTotal) => {
      if (bytesTotal === undefined || bytesTotal < bytesTotalMin) return;
      // What an earlier run did is no merit of this one's rate; and a job that begins anew has nothing behind it.
      bytesBefore = Math.min(bytesBefore ?? bytesDone, bytesDone);
      const rate = formatRate(bytesDone - bytesBefore, (performance.now() - startedAt) / 1000);
      if (!bar.isActive) bar.start(bytesTotal, bytesDone, { rate });
      else bar.update(bytesDone, { rate });
    },
    stop: () => bar.stop(),
  };
}

/** One line that is written over and over; nothing where stderr is no terminal. */
export interface Status {
  readonly update: (text: string) => void;
  readonly stop: () => void;
}

export async function showStatus(): Promise<Status> {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const { SingleBar } = await import("cli-progress");
  const line = new SingleBar({ format: "{text}", hideCursor: true, linewrap: false });
  line.start(1, 0, { text: "" });
  return { update: (text) => line.update(0, { text }), stop: () => line.stop() };
}

/** "12.3 kB/s" */
export function formatRate(bytes: number, seconds: number): string {
  return `${(bytes / 1000 / Math.max(seconds, 0.001)).toFixed(1)} kB/s`;
}

/** A bar for a count of `counted`, such as runs, with the time left. */
export async function showRunProgress(title: string, counted: string): Promise<Progress> {
  if (!process.stderr.isTTY) return NO_PROGRESS;
  const bar = await createBar(`${title} {bar} {value} of {total} ${counted}  {eta_formatted} left`);
  return {
    update: (runsDone, runsTotal) => {
      if (!bar.isActive) bar.start(runsTotal ?? 0, runsDone);
      else bar.update(runsDone);
    },
    stop: () => bar.stop(),
  };
}

async function createBar(format: string): Promise<SingleBar> {
  const { Presets, SingleBar } = await import("cli-progress");
  return new SingleBar({ format, hideCursor: true, barsize: 30 }, Presets.shades_classic);
}
