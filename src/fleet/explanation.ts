// Why a device gets what it gets: each roll-out that could be for it, in the order in which they are asked, in sentences.

import type { Assignment } from "./assignment.ts";
import type { Device } from "./device.ts";
import type { Fleet } from "./fleet.ts";
import { type Hashing, judge, judgeBack } from "./judgement.ts";
import { timeText } from "./time-text.ts";

/** `now` is ms since 1970; as if the device came now, and asked before it installs if it did so last. */
export function explain(hashing: Hashing, fleet: Fleet, device: Device, now: number): readonly string[] {
  const { assignment, product } = device;
  const holds = assignment?.holds ?? false;
  const sentences: string[] = [];
  for (const name of fleet.order.get(product) ?? []) {
    const rollout = fleet.rollouts.get(name)!;
    if (assignment?.rollout === name) {
      sentences.unshift(`roll-out ${name}: ${spoken(assignment)}`);
      continue;
    }
    const verdict = judgeBack(fleet, rollout, device) ?? judge(hashing, fleet, rollout, device, { now, holds });
    if (verdict.kind === "never") sentences.push(`roll-out ${name} is not for it: ${verdict.because}`);
    else if (verdict.kind === "waits")
      sentences.push(`it waits for roll-out ${name}: ${verdict.because}${until(verdict.until)}`);
    else if (assignment === undefined) sentences.push(`roll-out ${name} is offered at its next check-in`);
    else sentences.push(`it waits for roll-out ${name}: one update at a time`);
  }
  if (fleet.products.get(product)?.offer === "rollout") return sentences;
  return [...sentences, `${product} offers each device what is newest: product set ${product} --offer rollout`];
}

function spoken({ state, attempt, reason, direction }: Assignment): string {
  const what = direction === "back" ? `${state}, on its way back` : state;
  const why = reason === undefined ? "" : ` (${reason})`;
  return attempt > 1 ? `${what}${why}, attempt ${attempt}` : `${what}${why}`;
}

function until(ms: number | undefined): string {
  return ms === undefined ? "" : `, until ${timeText(ms)}`;
}
