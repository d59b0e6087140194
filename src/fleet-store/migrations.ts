// How the fleet's tables came to be: each migration once, in the order of their names, in one transaction.

import {
  type ColumnDefinitionBuilder,
  type Kysely,
  type Migration,
  type MigrationProvider,
  Migrator,
  sql,
} from "kysely";
import { FLEET_RECORD_LENGTH_MAX } from "../fleet/record-codec.ts";
import { REPORT_ID_LENGTH } from "../manifest/install-report.ts";
import { DEVICE_STATE_LENGTH_MAX } from "./device-table.ts";
import { FIGURES_LENGTH_MAX, REPORTER_LENGTH_MAX } from "./report-table.ts";

type AnyDatabase = Kysely<unknown>;

/** What is read out of a device's state: the column, its type, and its path there. */
const READ_OUT = [
  ["product", "text", "$.product"],
  ["class", "text", "$.class"],
  ["version", "text", "$.running.version"],
  ["sha256", "text", "$.running.sha256"],
  ["cell", "text", "$.cell"],
  ["rollout", "text", "$.assignment.rollout"],
  ["assignment_state", "text", "$.assignment.state"],
  ["deadline", "integer", "$.assignment.deadline"],
  ["last_contact_at", "integer", "$.lastContactAt"],
] as const;

async function makeParts(db: AnyDatabase): Promise<void> {
  await db.schema
    .createTable("fleet_head")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("revision", "integer", (column) => column.notNull())
    .execute();
  await sql`insert into fleet_head values (1, 0)`.execute(db);
  await db.schema
    .createTable("fleet_part")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("fleet_part_key", ["kind", "name"])
    .execute();
  await db.schema
    .createTable("fleet_sweep")
    .addColumn("rollout", "text", (column) => column.primaryKey().notNull())
    .addColumn("after", "text", (column) => column.notNull())
    .execute();
}

async function makeDevices(db: AnyDatabase): Promise<void> {
  let table = db.schema
    .createTable("fleet_device")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("secret", "blob", (column) => column.notNull())
    .addColumn("state", "text", (column) =>
      column.notNull().check(sql`length(state) <= ${sql.lit(DEVICE_STATE_LENGTH_MAX)}`),
    );
  for (const [name, type, path] of READ_OUT) {
    table = table.addColumn(name, type, (column) =>
      column.generatedAlwaysAs(sql`json_extract(state, ${sql.lit(path)})`).stored(),
    );
  }
  await table.execute();
  const index = (name: string, columns: readonly string[], whenPresent?: string) => {
    const made = db.schema
      .createIndex(`fleet_device_${name}`)
      .on("fleet_device")
      .columns([...columns]);
    return (whenPresent === undefined ? made : made.where(sql.ref(whenPresent), "is not", null)).execute();
  };
  await index("product_version", ["product", "version", "id"]);
  await index("contact", ["product", "last_contact_at"]);
  await index("rollout", ["rollout", "id"], "rollout");
  await index("deadline", ["deadline"], "deadline");
  await index("cell", ["cell", "id"], "cell");
}

async function makeRecords(db: AnyDatabase): Promise<void> {
  await db.schema
    .createTable("fleet_record")
    .addColumn("number", "integer", (column) => column.primaryKey().notNull())
    .addColumn("entry", "integer", (column) => column.notNull())
    .addColumn("bytes", "blob", (column) =>
      column.notNull().check(sql`length(bytes) <= ${sql.lit(FLEET_RECORD_LENGTH_MAX)}`),
    )
    .execute();
}

async function makeReports(db: AnyDatabase): Promise<void> {
  const text = (lengthMax: number) => (column: ColumnDefinitionBuilder, name: string) =>
    column.notNull().check(sql`length(${sql.ref(name)}) <= ${sql.lit(lengthMax)}`);
  await db.schema
    .createTable("fleet_report")
    .addColumn("number", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("device", "blob", (column) => text(REPORTER_LENGTH_MAX)(column, "device"))
    .addColumn("id", "blob", (column) => text(REPORT_ID_LENGTH)(column, "id"))
    .addColumn("product", "text", (column) => text(64)(column, "product"))
    .addColumn("version", "text", (column) => text(64)(column, "version"))
    .addColumn("sequence", "integer", (column) => column.notNull())
    .addColumn("state", "integer", (column) => column.notNull())
    .addColumn("result", "integer", (column) => column.notNull())
    .addColumn("reason", "text", (column) => text(32)(column, "reason"))
    .addColumn("slot", "integer", (column) => column.notNull())
    .addColumn("figures", "blob", (column) => text(FIGURES_LENGTH_MAX)(column, "figures"))
    .addColumn("received_at", "integer", (column) => column.notNull())
    .addUniqueConstraint("fleet_report_once", ["device", "id"])
    .execute();
}

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "1 fleet": {
    async up(db: AnyDatabase) {
      await makeParts(db);
      await makeDevices(db);
      await makeRecords(db);
      await makeReports(db);
    },
  },
};

const PROVIDER: MigrationProvider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };

/** Makes what is absent. Throws what the database says. */
export async function migrateFleet<Tables>(db: Kysely<Tables>): Promise<void> {
  const tables = { migrationTableName: "fleet_migration", migrationLockTableName: "fleet_migration_lock" };
  const { error } = await new Migrator({ db, provider: PROVIDER, ...tables }).migrateToLatest();
  if (error !== undefined) throw error;
}
