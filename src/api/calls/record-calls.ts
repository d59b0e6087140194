// What happened, by number: for those who audit, page by page. Whoever wants to hear it as it happens listens to the events.

import { Type } from "@sinclair/typebox";
import { RECORD_PAGE_MAX } from "../../fleet/fleet-service.ts";
import { type Call, call } from "../call.ts";
import { granted } from "../problem.ts";
import { LimitText, list, NOTHING } from "../schemas/schema.ts";
import { limitIn } from "./device-calls.ts";

/** A query's values are text. */
export const NumberText = Type.String({ pattern: "^[0-9]{1,15}$", description: "The number of the record before" });

export const NumberedRecordSchema = Type.Object(
  {
    number: Type.Integer({ minimum: 1 }),
    record: Type.Object({
      wall: Type.Number({ description: "ms since 1970" }),
      time: Type.Number(),
      device: Type.Optional(Type.Unsafe<string | undefined>(Type.String({ description: "A pseudonym" }))),
      change: Type.Unsafe<{ readonly kind: string }>(Type.Object({ kind: Type.String() })),
    }),
  },
  { $id: "NumberedRecord" },
);

const listed = call({
  method: "GET",
  path: "/api/v1/records",
  name: "listRecords",
  summary: "What changed, who did it, and when, from a number on",
  right: "audit",
  reach: "whole",
  params: NOTHING,
  query: Type.Object({ after: Type.Optional(NumberText), limit: Type.Optional(LimitText) }),
  body: NOTHING,
  answer: Type.Object({ records: list(NumberedRecordSchema) }),
  status: 200,
  handle: async ({ fleet }, _caller, { query }) => {
    const limit = limitIn(query.limit, RECORD_PAGE_MAX);
    return { records: granted(await fleet.changes(Number(query.after ?? 0), limit)) };
  },
});

export const RECORD_CALLS: readonly Call[] = [listed];
