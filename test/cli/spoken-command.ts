// A command line in this very process: what it says and its exit code, without the time that a process takes to begin.

import { exitCodeFor } from "../../src/cli/command-error.ts";
import { runCommandLine } from "../../src/cli/command-line.ts";

export interface Spoken {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function spoken(...words: readonly string[]): Promise<Spoken> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: unknown) => lines.push(`${String(line)}\n`);
  try {
    await runCommandLine(words);
    return { code: 0, stdout: lines.join(""), stderr: "" };
  } catch (error) {
    const stderr = `narrowboat: ${(error as Error).message}\n`;
    return { code: exitCodeFor(error), stdout: lines.join(""), stderr };
  } finally {
    console.log = log;
  }
}
