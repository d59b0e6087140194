// What a plan says in texts, read once: windows and the filter. A plan never changes, and whoever made it has tried them.

import { assert } from "../base/assert.ts";
import type { Filter } from "./filter.ts";
import { parseFilter } from "./filter-parser.ts";
import type { RolloutPlan } from "./rollout.ts";
import { Window } from "./window.ts";

export interface CompiledPlan {
  readonly download: Window | undefined;
  readonly install: Window | undefined;
  readonly filter: Filter | undefined;
}

const COMPILED = new WeakMap<RolloutPlan, CompiledPlan>();

export function compiled(plan: RolloutPlan): CompiledPlan {
  let found = COMPILED.get(plan);
  if (found === undefined) {
    found = {
      download: windowOf(plan.downloadWindow),
      install: windowOf(plan.installWindow),
      filter: filterOf(plan.where),
    };
    COMPILED.set(plan, found);
  }
  return found;
}

function windowOf(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const window = Window.parse(text);
  assert(window.ok, "a plan's windows were read when it was made");
  return window.value;
}

function filterOf(text: string | undefined): Filter | undefined {
  if (text === undefined) return undefined;
  const filter = parseFilter(text);
  assert(filter.ok, "a plan's filter was read when it was made");
  return filter.value;
}
