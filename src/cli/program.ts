// The beginning and the end of a process: the only place that catches everything and sets the exit code.

import { ExitCode, exitCodeFor } from "./command-error.ts";

/** Runs `main`; prints what it throws as one line, or with its stack where it is our own mistake. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  // `narrowboat images | head` closes the pipe before everything is written.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  // What cannot be said there must not end what is being done.
  process.stderr.on("error", () => {});
  // Node.js would open its inspector, which shows all memory, to whoever asks on the loopback interface.
  process.on("SIGUSR1", () => {});
  try {
    await main();
  } catch (error) {
    process.exitCode = exitCodeFor(error);
    if (process.exitCode === ExitCode.DEFECT) console.error(error);
    else console.error(`narrowboat: ${error instanceof Error ? error.message : error}`);
  }
}
