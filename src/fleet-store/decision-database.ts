// The decision file as kysely sees it: one connection, which its stores share, so that what the fleet decided and the registry's
// entry of it are one transaction.

import { Kysely, SqliteDialect } from "kysely";
import type { Statement, StoreFile } from "../store/store-file.ts";
import type { FleetTables } from "./fleet-tables.ts";

/** Statements that stay prepared; the queries of this folder are fewer, but for those of filters. */
const STATEMENTS_MAX = 256;

type Value = Uint8Array | number | string;

interface PreparedStatement {
  /** Whether it gives rows. */
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
}

export type FleetDatabase = Kysely<FleetTables>;

export function decisionDatabase(file: StoreFile): FleetDatabase {
  const prepared = new Map<string, PreparedStatement>();
  const prepare = (sql: string): PreparedStatement => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    if (prepared.size >= STATEMENTS_MAX) prepared.delete(prepared.keys().next().value!);
    const statement = preparedStatement(sql, file.prepare<Value[], unknown>(sql));
    prepared.set(sql, statement);
    return statement;
  };
  // The file is closed by whoever opened it.
  return new Kysely<FleetTables>({ dialect: new SqliteDialect({ database: { prepare, close: () => {} } }) });
}

function preparedStatement(sql: string, statement: Statement<Value[], unknown>): PreparedStatement {
  return {
    reader: /^\s*(?:select|with|pragma)\b|\breturning\b/i.test(sql),
    all: (parameters) => statement.all(...(parameters as Value[])),
    run: (parameters) => ({ ...statement.run(...(parameters as Value[])), lastInsertRowid: 0 }),
    iterate: (parameters) => statement.iterate(...(parameters as Value[])),
  };
}
