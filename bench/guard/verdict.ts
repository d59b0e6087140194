// How today's ratios stand to the baseline's, and the words for it that fit a pull request.

import { amount } from "../report/table.ts";
import { spreadOf } from "../statistics.ts";
import type { BaselineEntry } from "./baseline.ts";
import type { Guard } from "./guards.ts";

/** Worse by more than this share fails. */
export const WORSE_MAX = 0.25;

export interface Verdict {
  readonly guard: Guard;
  /** The median of today's. */
  readonly ratio: number;
  /** Undefined for a guard that the baseline does not know. */
  readonly baseline: number | undefined;
  /** 0.4 for 40 % slower; negative for faster. */
  readonly change: number;
  readonly failed: boolean;
}

export function verdictOn(guard: Guard, ratios: readonly number[], { ratios: known }: BaselineEntry): Verdict {
  const ratio = spreadOf(ratios).median;
  const baseline = known[guard.id];
  const change = baseline === undefined ? 0 : ratio / baseline - 1;
  return { guard, ratio, baseline, change, failed: change > WORSE_MAX };
}

/** A table, and above it the one line that matters. */
export function summaryText(verdicts: readonly Verdict[], { commit, node }: BaselineEntry): string {
  const slower = verdicts.filter(({ failed }) => failed);
  const words = slower.map(({ guard, change }) => `${guard.title}: ${percent(change)}`);
  const head =
    slower.length === 0
      ? `Performance: nothing is more than ${percent(WORSE_MAX)} worse than the baseline.`
      : `Performance: **${slower.length} of ${verdicts.length} worse than the baseline by more than ${percent(WORSE_MAX)}**: ${words.join("; ")}.`;
  const rows = verdicts.map(({ guard, ratio, baseline, change, failed }) => {
    const cells = [guard.title, amount(ratio), baseline === undefined ? "new" : amount(baseline)];
    return `| ${[...cells, baseline === undefined ? "" : percent(change), failed ? "**slower**" : "ok"].join(" | ")} |`;
  });
  return `${head}

| server's CPU, in echoes | now | baseline | change | |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Baseline: commit ${commit}, Node.js ${node}. A ratio says how many echoes a block or a handshake costs.
`;
}

function percent(share: number): string {
  const rounded = Math.round(100 * share);
  return `${rounded > 0 ? "+" : ""}${rounded} %`;
}
