// A progress bar on a terminal's stderr; nothing elsewhere, so that scripts and logs see results alone.

export interface Progress {
  readonly update: (bytesDone: number, bytesTotal: number | undefined) => void;
  /** Leaves the line; may be called twice. */
  readonly stop: () => void;
}

const NO_PROGRESS: Progress = { update: () => {}, stop: () => {} };

/** `title` stands before the bar, which appears when the total is known and at least `bytesTotalMin`. */
export async function showProgress(title: string, bytesTotalMin = 0): Promise<Progress> {
  if (!process.stderr.isTTY) return NO_PROGRESS;
  const { Presets, SingleBar } = await import("cli-progress");
  const format = `${title} {bar} {percentage} %  {rate}  {eta_formatted} left`;
  const bar = new SingleBar({ format, hideCursor: true, barsize: 30 }, Presets.shades_classic);
  const startedAt = performance.now();
  return {
    update: (bytesDone, bytesTotal) => {
      if (bytesTotal === undefined || bytesTotal < bytesTotalMin) return;
      const rate = formatRate(bytesDone, (performance.now() - startedAt) / 1000);
      if (!bar.isActive) bar.start(bytesTotal, bytesDone, { rate });
      else bar.update(bytesDone, { rate });
    },
    stop: () => bar.stop(),
  };
}

/** "12.3 kB/s" */
export function formatRate(bytes: number, seconds: number): string {
  return `${(bytes / 1000 / Math.max(seconds, 0.001)).toFixed(1)} kB/s`;
}
