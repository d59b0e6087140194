// A filter as the database understands it: the same devices as `matches` says, field by field.

import { type RawBuilder, sql } from "kysely";
import type { Comparison, Field, FieldName, Filter } from "../fleet/filter.ts";

type Condition = RawBuilder<boolean>;
type Operand = RawBuilder<unknown>;

/** Fields that have a column, and where the others are in a device's state. */
const COLUMNS: Readonly<Partial<Record<FieldName, string>>> = {
  id: "id",
  product: "product",
  class: "class",
  version: "version",
  cell: "cell",
  rollout: "rollout",
};
const PATHS: Readonly<Partial<Record<FieldName, string>>> = {
  sequence: "$.running.sequenceNumber",
  slot: "$.running.slot",
  scheme: "$.scheme",
  radio: "$.radioLevel",
  boots: "$.boots",
  reason: "$.report.reason",
};

const NOBODY = sql<boolean>`(1 = 0)`;
const EVERYBODY = sql<boolean>`(1 = 1)`;

/** `now` in ms since 1970. */
export function conditionOf(filter: Filter, now: number): Condition {
  switch (filter.kind) {
    case "and":
      return joined(filter.of, now, sql` and `, EVERYBODY);
    case "or":
      return joined(filter.of, now, sql` or `, NOBODY);
    case "not":
      // What a device does not have is equal to nothing: unknown is false before it is turned round.
      return sql`(not coalesce(${conditionOf(filter.of, now)}, 1 = 0))`;
    case "has":
      return sql`(${operandOf(filter.field, now)} is not null)`;
    case "in":
      if (filter.values.length === 0) return NOBODY;
      return sql`(${operandOf(filter.field, now)} in (${sql.join(filter.values)}))`;
    case "compare":
      return compared(operandOf(filter.field, now), filter.comparison, filter.value);
  }
}

function joined(of: readonly Filter[], now: number, word: RawBuilder<unknown>, none: Condition): Condition {
  if (of.length === 0) return none;
  const parts = of.map((part) => conditionOf(part, now));
  return sql`(${sql.join(parts, word)})`;
}

function compared(operand: Operand, comparison: Comparison, value: string | number): Condition {
  switch (comparison) {
    case "=":
      return sql`(${operand} = ${value})`;
    case "!=":
      return sql`(${operand} is not ${value})`;
    case "~":
      return sql`(${operand} glob ${globOf(String(value))})`;
    default:
      return sql`(${operand} ${sql.raw(comparison)} ${value})`;
  }
}

/** `*` stands for any text there too, and so do `?` and `[`, unless they are alone in brackets. */
function globOf(pattern: string): string {
  return pattern.replace(/[?[]/g, "[$&]");
}

function operandOf(field: Field, now: number): Operand {
  if ("tag" in field) return sql`json_extract(state, ${tagPath(field.tag)})`;
  const column = COLUMNS[field.name];
  if (column !== undefined) return sql.ref(column);
  const path = PATHS[field.name];
  if (path !== undefined) return sql`json_extract(state, ${path})`;
  switch (field.name) {
    case "state":
      return sql`coalesce(assignment_state, 'idle')`;
    case "uptime":
      return sql`(1000 * json_extract(state, '$.uptimeSeconds'))`;
    default:
      return sql`(${now} - last_contact_at)`;
  }
}

/** SQLite reads what is quoted as it is; a name with a quotation mark is nobody's, for no filter can write it. */
function tagPath(tag: string): string {
  return `$.attributes."${tag.replaceAll('"', "")}"`;
}
