// The fleet's tables, as kysely types them. Times are in ms since 1970, truth is 1 and 0, so that every database says the same.

import type { Generated, GeneratedAlways } from "kysely";

/** One row: how often the fleet was written. */
export interface FleetHeadRow {
  readonly id: number;
  readonly revision: number;
}

/** A part of what whoever decides holds in memory: see fleet-parts.ts. */
export interface FleetPartRow {
  readonly kind: string;
  readonly name: string;
  /** In the order of their making. */
  readonly position: number;
  /** JSON. */
  readonly value: string;
}

/** What follows `state` is read out of it by the database, for filters and deadlines. */
export interface FleetDeviceRow {
  readonly id: string;
  /** 32 random bytes, that its pseudonym is made with. */
  readonly secret: Uint8Array;
  /** JSON. */
  readonly state: string;
  readonly product: GeneratedAlways<string>;
  readonly class: GeneratedAlways<string | null>;
  readonly version: GeneratedAlways<string | null>;
  readonly sha256: GeneratedAlways<string | null>;
  readonly cell: GeneratedAlways<string | null>;
  readonly rollout: GeneratedAlways<string | null>;
  readonly assignment_state: GeneratedAlways<string | null>;
  readonly deadline: GeneratedAlways<number | null>;
  readonly last_contact_at: GeneratedAlways<number>;
}

export interface FleetRecordRow {
  /** From 1, without gaps. */
  readonly number: number;
  /** Of the registry's entry that holds the digest of its batch. */
  readonly entry: number;
  readonly bytes: Uint8Array;
}

/** Roll-outs whose running assignments are to be stepped, and how far that is. */
export interface FleetSweepRow {
  readonly rollout: string;
  /** The id of the last device that was. */
  readonly after: string;
}

export interface FleetReportRow {
  readonly number: Generated<number>;
  readonly device: Uint8Array;
  readonly id: Uint8Array;
  readonly product: string;
  readonly version: string;
  readonly sequence: number;
  readonly state: number;
  readonly result: number;
  readonly reason: string;
  readonly slot: number;
  readonly figures: Uint8Array;
  readonly received_at: number;
}

export interface FleetTables {
  readonly fleet_head: FleetHeadRow;
  readonly fleet_part: FleetPartRow;
  readonly fleet_device: FleetDeviceRow;
  readonly fleet_record: FleetRecordRow;
  readonly fleet_sweep: FleetSweepRow;
  readonly fleet_report: FleetReportRow;
}
