// Which datagrams of one sender are dropped on top of what the link loses, written as libcoap's `-l` takes it: numbers
// counted from 1 and ranges of them ("3,5-7"), or a share ("10%"). One sees what a certain datagram's loss leads to.

import type { Prng } from "../prng.ts";

interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export type DropSchedule =
  | { readonly kind: "numbers"; readonly ranges: readonly NumberRange[] }
  | { readonly kind: "share"; readonly share: number };

/** "3,5-7" or "10%"; undefined for anything else. */
export function parseDropSchedule(text: string): DropSchedule | undefined {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent !== undefined) {
    const share = Number(percent) / 100;
    return share <= 1 ? { kind: "share", share } : undefined;
  }
  const ranges: NumberRange[] = [];
  for (const part of text.split(",")) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (first < 1 || last < first) return undefined;
    ranges.push({ first, last });
  }
  return { kind: "numbers", ranges };
}

/** Says of each datagram of one sender, in order, whether the schedule drops it; without a schedule none is. */
export function dropProcess(schedule: DropSchedule | undefined, random: Prng): () => boolean {
  if (schedule === undefined) return () => false;
  if (schedule.kind === "share") return () => random.fraction() < schedule.share;
  let number = 0;
  return () => {
    number++;
    return schedule.ranges.some(({ first, last }) => first <= number && number <= last);
  };
}
