// The OpenAPI document, from the very values that check what comes in.

import type { TObject, TSchema } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import type { Call, OpenCall } from "./call.ts";
import { NumberedRecordSchema } from "./calls/record-calls.ts";
import { PROBLEM_TYPE } from "./problem.ts";

const VERSION = "3.1.0";

type Json = { readonly [name: string]: unknown };

const Problem = Type.Object(
  { title: Type.String(), status: Type.Integer(), detail: Type.String() },
  { $id: "Problem", description: "RFC 9457" },
);

/** What each call may answer when it does not do what it was asked. */
const PROBLEM = {
  description: "What is wrong, and what to do",
  content: { [PROBLEM_TYPE]: { schema: reference(Problem) } },
};

export function openApiDocument(calls: readonly Call[], openCalls: readonly OpenCall[], version: string): Json {
  const schemas: Record<string, Json> = { Problem: component(Problem, {}) };
  const paths: Record<string, Record<string, Json>> = {};
  const add = (one: Call | OpenCall, isOpen: boolean) => {
    const path = one.path.replace(/:([a-z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(one, isOpen, schemas) };
  };
  for (const one of openCalls) add(one, true);
  for (const one of calls) add(one, false);
  paths["/api/v1/events"] = { get: eventOperation(schemas) };
  return {
    openapi: VERSION,
    info: { title: "Narrowboat", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "__Host-nb" },
      },
    },
  };
}

function operation(one: Call | OpenCall, isOpen: boolean, schemas: Record<string, Json>): Json {
  const success =
    one.status === 204
      ? { description: "Done" }
      : { description: "Done", content: { "application/json": { schema: plain(one.answer, schemas) } } };
  const takesBody = one.method !== "GET" && Object.keys((one.body as TObject).properties ?? {}).length > 0;
  return {
    operationId: one.name,
    summary: one.summary,
    ...(isOpen && { security: [] }),
    parameters: [
      ...parameters(one.params, "path", schemas),
      ...parameters(one.query, "query", schemas),
      ...headers(one),
    ],
    ...(takesBody && {
      requestBody: { required: true, content: { "application/json": { schema: plain(one.body, schemas) } } },
    }),
    responses: { [one.status]: success, default: PROBLEM },
  };
}

function eventOperation(schemas: Record<string, Json>): Json {
  return {
    operationId: "listen",
    summary: "What changes, as it changes (server-sent events); the id is the record's number",
    parameters: [
      header("Last-Event-ID", "The number of the record before: go on from there"),
      { name: "after", in: "query", required: false, schema: { type: "string" } },
    ],
    responses: {
      200: {
        description: "Events without end",
        content: { "text/event-stream": { schema: plain(NumberedRecordSchema, schemas) } },
      },
      default: PROBLEM,
    },
  };
}

function parameters(object: TObject, where: "path" | "query", schemas: Record<string, Json>): Json[] {
  return Object.entries(object.properties).map(([name, schema]) => ({
    name,
    in: where,
    required: object.required?.includes(name) ?? false,
    schema: plain(schema, schemas),
  }));
}

function headers(one: Call | OpenCall): Json[] {
  const all: Json[] = [];
  if (one.method === "POST" && "right" in one) {
    all.push(
      header("Idempotency-Key", "The same key and request again get the same answer, and nothing is done twice"),
    );
  }
  if ("current" in one) all.push(header("If-Match", "The ETag of what is changed, as it was last seen"));
  return all;
}

function header(name: string, description: string): Json {
  return { name, in: "header", required: false, description, schema: { type: "string" } };
}

/** The schema with what has a name of its own said by that, and that among `schemas`. */
function plain(schema: TSchema, schemas: Record<string, Json>): Json {
  const name = schema.$id;
  if (name === undefined) return component(schema, schemas);
  schemas[name] ??= component(schema, schemas);
  return reference(schema);
}

function reference({ $id }: TSchema): Json {
  return { $ref: `#/components/schemas/${$id}` };
}

function component({ $id: _name, ...schema }: TSchema, schemas: Record<string, Json>): Json {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== "object" || value === null) return value;
    if ("$id" in value) return plain(value as TSchema, schemas);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]));
  };
  return inner(schema) as Json;
}
