// What goes on around simulations that take their time: a bar with the time left, and Ctrl-C.

import { onStopSignal } from "../../shell/stop-signals.ts";
import { CommandError, ExitCode } from "../command-error.ts";
import { type Progress, showRunProgress } from "../progress.ts";

/** `counted` is what the progress counts. */
export async function whileSimulating<Result>(
  counted: string,
  seed: number,
  seedIsDrawn: boolean,
  simulate: (progress: Progress["update"], stop: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const progress = await showRunProgress("simulating", counted);
  const interruption = new AbortController();
  const ignoreSignals = onStopSignal(() =>
    interruption.abort(new CommandError(ExitCode.INTERRUPTED, "interrupted: nothing was written")),
  );
  // Told before the work is done, so that work that is broken off, or printed as JSON, can be had again.
  if (seedIsDrawn) console.error(`seed ${seed}`);
  try {
    return await simulate(progress.update, interruption.signal);
  } finally {
    ignoreSignals();
    progress.stop();
  }
}
