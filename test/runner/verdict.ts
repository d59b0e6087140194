// What the end of one test file means: how many tests passed and failed, and why a file counts as failed.

/** How the child process that ran a test file ended. */
export interface Ending {
  /** The file's place below test/, without ".test.js": "coap/block". */
  readonly name: string;
  /** Exit code, or the name of the signal that ended the process. */
  readonly exit: number | string;
  /** Whether the file ran longer than its limit and was killed. */
  readonly timedOut: boolean;
  readonly seconds: number;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
}

export interface Verdict {
  readonly passedCount: number;
  /** Zero exactly when the whole file is good. */
  readonly failedCount: number;
  /** What peers were missing: the lines that begin with "skipped:", each once. */
  readonly missingPeers: readonly string[];
  /** Why the file failed, in a few words; empty when it did not. */
  readonly fault: string;
}

/** Judges a file by the lines with which uvu closes it, its exit code and its time. */
export function verdictOn(ending: Ending): Verdict {
  const total = closingCount(ending.output, "Total");
  const passed = closingCount(ending.output, "Passed");
  const skipped = closingCount(ending.output, "Skipped");
  const missingPeers = [...new Set(ending.output.match(/^skipped: .*$/gm) ?? [])];
  const fault = faultOf(ending, total, passed, skipped, missingPeers.length > 0);
  const passedCount = passed ?? 0;
  // A file can fail without a failing test: it crashed, hung, or forgot to run. That counts as one.
  const failedCount = fault === "" ? 0 : Math.max(1, (total ?? 0) - passedCount);
  return { passedCount, failedCount, missingPeers, fault };
}

function faultOf(
  ending: Ending,
  total: number | undefined,
  passed: number | undefined,
  skipped: number | undefined,
  peersMissing: boolean,
): string {
  if (ending.timedOut) return "ran past its time limit and was killed";
  if (total === undefined || passed === undefined || skipped === undefined) {
    const guess = ending.exit === 0 ? "did the file forget run()?" : "it crashed";
    return `ended without a summary, exit ${ending.exit}: ${guess}`;
  }
  if (passed !== total) return `${total - passed} of ${total} tests failed`;
  if (ending.exit !== 0) return `exit ${ending.exit} although its tests passed`;
  if (skipped > 0) return `${skipped} tests skipped: only a missing peer excuses a test`;
  if (total === 0 && !peersMissing) return "holds no tests";
  return "";
}

/** The number of uvu's closing line "  Total:     24", or undefined when there is none. */
function closingCount(output: string, label: string): number | undefined {
  const lines = [...output.matchAll(new RegExp(`^ {2}${label}: +(\\d+)$`, "gm"))];
  const last = lines.at(-1);
  return last === undefined ? undefined : Number(last[1]);
}
