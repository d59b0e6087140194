// All that whoever decides holds in memory: products, groups, releases, roll-outs with their counters, what cells and gateways
// carry, and alerts. Plain values; what a step leaves alone is the same object.

import { type Alert, type AlertRule, FIRST_ALERT_RULES } from "./alert.ts";
import { type Budget, type CellLoads, NO_LOADS } from "./cell-load.ts";
import { type Clock, STOPPED_CLOCK } from "./clock.ts";
import type { FleetRelease, Group, Product } from "./product.ts";
import type { Rollout } from "./rollout.ts";

export interface Fleet {
  /** Not in records: it goes on with every event. */
  readonly clock: Clock;
  readonly products: ReadonlyMap<string, Product>;
  readonly groups: ReadonlyMap<string, Group>;
  /** By the digest of the manifest. */
  readonly releases: ReadonlyMap<string, FleetRelease>;
  /** Digests of those that may be offered, by what they are looked up by, see releaseKey. */
  readonly releaseNames: ReadonlyMap<string, string>;
  /** By name, in the order of their making. */
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** By product, the names of its roll-outs: which is asked first. */
  readonly order: ReadonlyMap<string, readonly string[]>;
  /** What one cell or gateway may carry: by its name, and "" for each that has none of its own. */
  readonly cellBudgets: ReadonlyMap<string, Budget>;
  readonly serverBudget: Budget;
  readonly loads: CellLoads;
  readonly alertRules: ReadonlyMap<string, AlertRule>;
  /** Those that stand, by rule and subject. */
  readonly alerts: ReadonlyMap<string, Alert>;
}

export const PRODUCTS_MAX = 1_024;
export const GROUPS_MAX = 1_024;
export const RELEASES_MAX = 65_536;
export const ROLLOUTS_MAX = 4_096;
export const CELL_BUDGETS_MAX = 16_384;
export const ALERT_RULES_MAX = 256;

export const EMPTY_FLEET: Fleet = {
  clock: STOPPED_CLOCK,
  products: new Map(),
  groups: new Map(),
  releases: new Map(),
  releaseNames: new Map(),
  rollouts: new Map(),
  order: new Map(),
  cellBudgets: new Map(),
  serverBudget: {},
  loads: NO_LOADS,
  alertRules: FIRST_ALERT_RULES,
  alerts: new Map(),
};
