// A call of the API: who may make it, what it takes, what it gives. The same value is the route, the check of what comes in,
// the type of what its handler gets, and its place in the OpenAPI document; none can be without a check of who calls.

import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { AccessStore } from "../access-store/access-store.ts";
import type { Passwords } from "../access-store/password.ts";
import type { Right } from "../access-store/role.ts";
import type { FleetService } from "../fleet/fleet-service.ts";
import type { Caller } from "./caller.ts";
import type { LoginLimit } from "./login-limit.ts";

export type Method = "DELETE" | "GET" | "PATCH" | "POST" | "PUT";

/** What the handlers work on. */
export interface ApiStage {
  readonly fleet: FleetService;
  readonly access: AccessStore;
  readonly passwords: Passwords;
  readonly logins: LoginLimit;
  /** ms since 1970. */
  readonly now: () => number;
}

export interface CallInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** An IP address. */
  readonly address: string;
}

/** Which part of the fleet a call reaches: a caller who is bound to products is refused, or shown less. */
export type Reach<Params, Query, Body> =
  /** All of it: only for those who are bound to nothing. */
  | "whole"
  /** The handler leaves out what is not the caller's. */
  | "filtered"
  /** The product that it is about. */
  | ((stage: ApiStage, input: CallInput<Params, Query, Body>) => Promise<string>);

interface CallParts<Params extends TObject, Query extends TObject, Body extends TSchema, Answer extends TSchema> {
  readonly method: Method;
  /** As Fastify writes it: "/api/v1/rollouts/:name". */
  readonly path: string;
  /** Unique; a client's function would be called so. */
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /** Of a success. */
  readonly status: 200 | 201 | 204;
}

/** A call that takes a right. */
export interface Call<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> extends CallParts<Params, Query, Body, Answer> {
  /** "self": whoever is let in may ask about themselves. */
  readonly right: Right | "self";
  readonly reach: Reach<Static<Params>, Static<Query>, Static<Body>>;
  /** What an entity tag is of, where the call changes it: If-Match is compared with that. */
  current?(stage: ApiStage, input: CallInput<Static<Params>, Static<Query>, Static<Body>>): Promise<unknown>;
  handle(
    stage: ApiStage,
    caller: Caller,
    input: CallInput<Static<Params>, Static<Query>, Static<Body>>,
  ): Promise<Static<Answer>>;
}

/** What a call that lets somebody in answers, and the session that begins with it, or with "" ends. */
export interface Admission<Answer> {
  readonly answer: Answer;
  readonly session?: string | undefined;
}

/** A call that anybody may make: there are few, and a test knows each by its name. */
export interface OpenCall<
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> extends CallParts<TObject, Query, Body, Answer> {
  handle(
    stage: ApiStage,
    input: CallInput<unknown, Static<Query>, Static<Body>>,
    session: string | undefined,
  ): Promise<Admission<Static<Answer>>>;
}

export function openCall<Query extends TObject, Body extends TSchema, Answer extends TSchema>(
  one: OpenCall<Query, Body, Answer>,
): OpenCall {
  return one as unknown as OpenCall;
}

/** So that the compiler infers the schemas of one call, and a list holds all of them. */
export function call<Params extends TObject, Query extends TObject, Body extends TSchema, Answer extends TSchema>(
  one: Call<Params, Query, Body, Answer>,
): Call {
  // A list's element forgets which schemas are its own; what comes in was checked against them.
  return one as unknown as Call;
}
