// What whoever decides holds in memory, in rows: one for each product, roll-out and the like. Only what a step made anew is
// written.

import type { CellLoads, Load } from "../fleet/cell-load.ts";
import { EMPTY_FLEET, type Fleet } from "../fleet/fleet.ts";
import type { FleetDatabase } from "./decision-database.ts";
import { fromJson, toJson } from "./plain-json.ts";

/** Each map of a fleet, and the kind of its rows. */
const MAPS = {
  product: "products",
  group: "groups",
  release: "releases",
  releaseName: "releaseNames",
  rollout: "rollouts",
  order: "order",
  cellBudget: "cellBudgets",
  alertRule: "alertRules",
  alert: "alerts",
} as const satisfies Readonly<Record<string, keyof Fleet>>;

type MapKind = keyof typeof MAPS;
const MAP_KINDS = Object.keys(MAPS) as readonly MapKind[];

interface Part {
  readonly kind: string;
  readonly name: string;
  readonly value: string;
}

interface Difference {
  readonly written: Part[];
  readonly removed: { readonly kind: string; readonly name: string }[];
}

/** As no row says it. */
export const BLANK_FLEET: Fleet = { ...EMPTY_FLEET, alertRules: new Map() };

/** All of a fleet that was saved; undefined where none was yet. */
export async function loadFleet(db: FleetDatabase): Promise<Fleet | undefined> {
  const rows = await db.selectFrom("fleet_part").select(["kind", "name", "value"]).orderBy("position").execute();
  if (rows.length === 0) return undefined;
  const maps = new Map<string, Map<string, unknown>>(MAP_KINDS.map((kind) => [kind, new Map()]));
  const single = new Map<string, unknown>();
  const buckets = EMPTY_FLEET.loads.buckets.slice();
  for (const { kind, name, value } of rows) {
    if (kind === "loads") buckets[Number(name)] = new Map(fromJson<[string, Load][]>(value));
    else if (maps.has(kind)) maps.get(kind)!.set(name, fromJson(value));
    else single.set(kind, fromJson(value));
  }
  const loads: CellLoads = { total: (single.get("load") as Load) ?? EMPTY_FLEET.loads.total, buckets };
  const parts = Object.fromEntries(MAP_KINDS.map((kind) => [MAPS[kind], maps.get(kind)!]));
  return {
    ...EMPTY_FLEET,
    ...parts,
    loads,
    clock: (single.get("clock") as Fleet["clock"]) ?? EMPTY_FLEET.clock,
    serverBudget: (single.get("serverBudget") as Fleet["serverBudget"]) ?? EMPTY_FLEET.serverBudget,
  };
}

/** Writes what `after` has and `before`, which is saved, has not. */
export async function saveFleet(db: FleetDatabase, before: Fleet, after: Fleet): Promise<void> {
  const { written, removed } = differenceOf(before, after);
  for (const { kind, name } of removed) {
    await db.deleteFrom("fleet_part").where("kind", "=", kind).where("name", "=", name).execute();
  }
  for (const part of written) {
    await db
      .insertInto("fleet_part")
      .values((values) => ({
        ...part,
        position: values
          .selectFrom("fleet_part")
          .select(({ fn, lit, eb }) => eb(fn.coalesce(fn.max("position"), lit(0)), "+", lit(1)).as("next")),
      }))
      .onConflict((conflict) => conflict.columns(["kind", "name"]).doUpdateSet({ value: part.value }))
      .execute();
  }
}

function differenceOf(before: Fleet, after: Fleet): Difference {
  const difference: Difference = { written: [], removed: [] };
  const single = (kind: string, was: unknown, is: unknown) => {
    if (was !== is) difference.written.push({ kind, name: "", value: toJson(is) });
  };
  single("clock", before.clock, after.clock);
  single("serverBudget", before.serverBudget, after.serverBudget);
  single("load", before.loads.total, after.loads.total);
  for (const [i, bucket] of after.loads.buckets.entries()) {
    if (bucket === before.loads.buckets[i]) continue;
    difference.written.push({ kind: "loads", name: String(i), value: toJson([...bucket]) });
  }
  for (const kind of MAP_KINDS) compareMaps(difference, kind, before[MAPS[kind]], after[MAPS[kind]]);
  return difference;
}

function compareMaps(
  { written, removed }: Difference,
  kind: MapKind,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): void {
  if (before === after) return;
  for (const [name, value] of after) if (before.get(name) !== value) written.push({ kind, name, value: toJson(value) });
  for (const name of before.keys()) if (!after.has(name)) removed.push({ kind, name });
}
