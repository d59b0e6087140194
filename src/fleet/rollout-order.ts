// Which of several roll-outs a device is asked about first: what mends security before what adds a function, then the higher
// priority, then the older one.

import type { Fleet } from "./fleet.ts";
import type { Rollout } from "./rollout.ts";

/** The names of a product's roll-outs. */
export function inOrder(
  { releases }: Fleet,
  rollouts: ReadonlyMap<string, Rollout>,
  product: string,
): readonly string[] {
  const security = new Set<string>();
  for (const release of releases.values()) {
    if (release.product === product && release.kind === "security") security.add(release.version);
  }
  const own = [...rollouts.values()].filter(({ plan }) => plan.product === product);
  const rank = ({ plan }: Rollout) => (security.has(plan.version) ? 0 : 1);
  own.sort((a, b) => rank(a) - rank(b) || b.plan.priority - a.plan.priority || a.createdAt - b.createdAt);
  return own.map(({ plan }) => plan.name);
}
