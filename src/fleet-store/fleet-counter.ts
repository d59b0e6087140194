// What only the store can count of its devices, for steps that time brings: a million devices are counted piece by piece, so that
// nobody waits for more than a piece.

import { sql } from "kysely";
import { parseFilter } from "../fleet/filter-parser.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { FleetCounts } from "../fleet/fleet-event.ts";
import type { Rollout } from "../fleet/rollout.ts";
import { COME_AGAIN_SECONDS } from "../manifest/ticket.ts";
import type { FleetDatabase } from "./decision-database.ts";
import { conditionOf } from "./filter-condition.ts";

/** Rows of one piece. */
const PIECE = 16_384;

/** A count begins so long after the one before for each piece of that, ms: few devices are counted anew each second. */
const REST_MS = 1_000;

/** Periods in which a device is expected that it may miss before it is called silent. */
const SILENT_PERIODS = 4;

interface Counting {
  readonly rollout: Rollout;
  /** The row that was counted last. */
  after: number;
  remaining: number;
}

export class FleetCounter {
  readonly #db: FleetDatabase;
  #queue: Counting[] = [];
  #pieces = 0;
  #nextAt = 0;

  constructor(db: FleetDatabase) {
    this.#db = db;
  }

  /** Counts a piece, or rests. `now` in ms since 1970. */
  async look(fleet: Fleet, now: number): Promise<FleetCounts> {
    const isResting = now < this.#nextAt && now >= this.#nextAt - REST_MS * this.#pieces;
    const begins = this.#queue.length === 0 && !isResting;
    if (begins) this.#begin(fleet);
    const silent = begins ? await this.#silent(fleet, now) : undefined;
    const remaining = await this.#countPiece(fleet, now);
    if (this.#queue.length === 0 && !isResting) this.#nextAt = now + REST_MS * this.#pieces;
    return { ...(remaining && { remaining }), ...(silent && { silent }) };
  }

  #begin({ rollouts }: Fleet): void {
    const running = [...rollouts.values()].filter(({ state }) => state === "running");
    this.#queue = running.map((rollout) => ({ rollout, after: 0, remaining: 0 }));
    this.#pieces = 1;
  }

  async #countPiece(fleet: Fleet, now: number): Promise<ReadonlyMap<string, number> | undefined> {
    const [counting] = this.#queue;
    if (counting === undefined) return undefined;
    const last = await this.#db
      .selectFrom("fleet_device")
      .select(({ fn }) => fn.max(sql<number>`rowid`).as("rowid"))
      .executeTakeFirst();
    counting.remaining += await this.#remainingIn(fleet, counting, now);
    counting.after += PIECE;
    this.#pieces++;
    if (counting.after < (last?.rowid ?? 0)) return undefined;
    this.#queue.shift();
    return new Map([[counting.rollout.plan.name, counting.remaining]]);
  }

  /** See FleetCounts. */
  async #remainingIn(fleet: Fleet, { rollout: { plan }, after }: Counting, now: number): Promise<number> {
    const images = [...fleet.releases.values()]
      .filter(({ product, version }) => product === plan.product && version === plan.version)
      .map(({ sha256 }) => sha256);
    const filter = plan.where === undefined ? undefined : parseFilter(plan.where);
    let query = this.#db
      .selectFrom("fleet_device")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where(sql<boolean>`rowid > ${after} and rowid <= ${after + PIECE}`)
      .where(sql<boolean>`+product = ${plan.product}`)
      .where(sql<boolean>`json_extract(state, '$.isOptedOut') = 0`)
      .where(sql<boolean>`+rollout is not ${plan.name}`)
      .where(sql<boolean>`not exists (select 1 from json_each(state, '$.past') as past
        where json_extract(past.value, '$.rollout') = ${plan.name})`);
    if (images.length > 0) query = query.where(sql<boolean>`coalesce(sha256 not in (${sql.join(images)}), 1 = 1)`);
    if (filter?.ok === true) query = query.where(conditionOf(filter.value, now));
    return (await query.executeTakeFirst())?.count ?? 0;
  }

  /** By product: devices that were silent for four of the periods in which they are expected. */
  async #silent({ alertRules, products }: Fleet, now: number): Promise<ReadonlyMap<string, number> | undefined> {
    const rules = [...alertRules.values()].filter(({ kind }) => kind === "silentDevices");
    const names = new Set(rules.flatMap(({ product }) => (product === undefined ? [...products.keys()] : [product])));
    const counts = new Map<string, number>();
    for (const name of names) {
      const seconds = products.get(name)?.comeAgainSeconds ?? COME_AGAIN_SECONDS;
      const row = await this.#db
        .selectFrom("fleet_device")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("product", "=", name)
        .where("last_contact_at", "<", now - SILENT_PERIODS * 1_000 * seconds)
        .executeTakeFirst();
      counts.set(name, row?.count ?? 0);
    }
    return counts.size === 0 ? undefined : counts;
  }
}
