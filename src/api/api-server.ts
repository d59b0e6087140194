// The HTTP API as one object: routes made from calls, each with its check of who calls and of what comes in.

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import fastifyPackage, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { hasRight, reaches } from "../access-store/role.ts";
import type { ApiStage, Call, CallInput, OpenCall } from "./call.ts";
import { type Caller, callerOf, isForged, sessionCookie, sessionIn } from "./caller.ts";
import { CALLS } from "./calls/all-calls.ts";
import { OPEN_CALLS } from "./calls/open-calls.ts";
import { NumberText } from "./calls/record-calls.ts";
import { entityTag, isMatched } from "./entity-tag.ts";
import { EventStreams } from "./event-streams.ts";
import { type Answer, Idempotency } from "./idempotency.ts";
import { openApiDocument } from "./open-api.ts";
import { granted, PROBLEM_TYPE, Problem, problemBody, problemOf, Status } from "./problem.ts";
import { METRICS_TYPE, metricsText, type ServerFigures } from "./prometheus.ts";
import { RateLimit } from "./rate-limit.ts";

/** Bytes of a request's body, and of its first line and headers together. */
export const BODY_LENGTH_MAX = 2 ** 16;
export const HEADERS_LENGTH_MAX = 2 ** 13;

/** Connections at the same time; more are closed. */
export const CONNECTIONS_MAX = 256;

/** From an address: so many at once, and then one each interval. */
export const REQUESTS_AT_ONCE_MAX = 1_000;
export const REQUEST_INTERVAL_MS = 5;

/** Characters of an identity of 128 bytes in a path, each byte escaped. */
const PARAM_LENGTH_MAX = 3 * 260;

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface ApiInput {
  readonly stage: ApiStage;
  readonly tls: Certificate | undefined;
  /** Whether it answers to this name: see host-check.ts. */
  readonly isOwnHost: (host: string | undefined) => boolean;
  /** What the server that is beside it counts. */
  readonly figures: () => Promise<ServerFigures>;
  /** Of the OpenAPI document: the package's. */
  readonly version: string;
  /** Our own mistakes. */
  readonly failed: (error: unknown) => void;
}

/** The instance is ready to be asked, and listens nowhere. */
export async function createApi(input: ApiInput): Promise<FastifyInstance> {
  const api = new Api(input);
  await api.instance.ready();
  return api.instance;
}

class Api {
  readonly instance: FastifyInstance;
  readonly #input: ApiInput;
  readonly #streams: EventStreams;
  readonly #idempotency = new Idempotency();
  readonly #requests = new RateLimit(REQUESTS_AT_ONCE_MAX, REQUEST_INTERVAL_MS);
  /** What changes something is done one after the other: between a look at a tag and the change nothing comes. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(input: ApiInput) {
    this.#input = input;
    this.#streams = new EventStreams(input.stage.fleet);
    this.instance = fastifyPackage({
      bodyLimit: BODY_LENGTH_MAX,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
      serverFactory: (handler) => httpServer(input.tls, handler),
    });
    this.#addHooks();
    for (const one of OPEN_CALLS) this.#addOpen(one);
    for (const one of CALLS) this.#add(one);
    this.#addRest();
  }

  #addHooks(): void {
    const { instance } = this;
    instance.addHook("onRequest", async (request, reply) => {
      reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
      this.#admit(request);
    });
    instance.addHook("preClose", async () => this.#streams.close());
    instance.setNotFoundHandler((_request, reply) => {
      sendProblem(reply, new Problem(Status.NOT_FOUND, "there is no such thing: see /api/v1/openapi.json"));
    });
    instance.setErrorHandler((error, _request, reply) => this.#sendError(reply, error));
  }

  #admit({ method, headers, ip }: FastifyRequest): void {
    const { host, origin } = headers;
    if (!this.#input.isOwnHost(host)) throw new Problem(Status.MISDIRECTED, `this server is not called ${host ?? ""}`);
    if (isForged({ method, host, origin, site: headers["sec-fetch-site"] as string | undefined })) {
      throw new Problem(Status.FORBIDDEN, "another site's page sent this");
    }
    const now = this.#input.stage.now();
    if (!this.#requests.hasRoom(ip, now)) throw new Problem(Status.TOO_MANY_REQUESTS, "too many requests: wait", 1);
    this.#requests.take(ip, now);
  }

  #add(one: Call): void {
    this.instance.route({
      method: one.method,
      url: one.path,
      handler: async (request, reply) => {
        const caller = this.#callerWith(request, one.right);
        const checked = inputOf(one, request);
        await this.#refuseBeyond(one, caller, checked);
        const answer =
          one.method === "GET"
            ? await this.#ask(one, caller, checked)
            : await this.#change(one, caller, checked, request);
        send(reply, answer);
      },
    });
  }

  #addOpen(one: OpenCall): void {
    this.instance.route({
      method: one.method,
      url: one.path,
      handler: async (request, reply) => {
        const isSecure = this.#input.tls !== undefined;
        const held = sessionIn({ cookie: request.headers.cookie, isSecure });
        const { answer, session } = await one.handle(this.#input.stage, inputOf(one, request), held);
        if (session !== undefined) reply.header("set-cookie", sessionCookie(session, isSecure));
        send(reply, { status: one.status, body: JSON.stringify(answer) });
      },
    });
  }

  #addRest(): void {
    const { instance } = this;
    const document = JSON.stringify(openApiDocument(CALLS, OPEN_CALLS, this.#input.version));
    instance.get("/api/v1/openapi.json", async (_request, reply) => reply.type("application/json").send(document));
    instance.get("/api/v1/events", (request, reply) => this.#listen(request, reply));
    instance.get("/healthz", async (_request, reply) => {
      await this.#input.figures();
      granted(await this.#input.stage.fleet.newest());
      return reply.type("text/plain").send("ok\n");
    });
    instance.get("/metrics", async (request, reply) => {
      // Of programs on this computer a scraper needs no token.
      if (this.#input.tls !== undefined) this.#callerWith(request, "see");
      const rollouts = granted(await this.#input.stage.fleet.rollouts());
      return reply.type(METRICS_TYPE).send(metricsText(await this.#input.figures(), rollouts));
    });
  }

  async #listen(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const recheck = () => {
      const caller = this.#callerWith(request, "see");
      if (!reaches(caller.grant, undefined)) throw new Problem(Status.FORBIDDEN, BOUND);
      return caller;
    };
    const { person } = recheck();
    const query = request.query as Readonly<Record<string, unknown>>;
    const after = request.headers["last-event-id"] ?? query["after"];
    if (after !== undefined && !Value.Check(NumberText, after)) {
      throw new Problem(Status.BAD_REQUEST, "Last-Event-ID and after are numbers of records");
    }
    await this.#streams.add(person, after === undefined ? undefined : Number(after), reply.raw, recheck);
    reply.hijack();
  }

  /** Throws Problem unless somebody who may do this is calling. */
  #callerWith({ headers }: FastifyRequest, right: Call["right"]): Caller {
    const { access, now } = this.#input.stage;
    const { authorization, cookie } = headers;
    const caller = callerOf(access, { authorization, cookie, isSecure: this.#input.tls !== undefined }, now());
    if (right === "self" || hasRight(caller.grant, right)) return caller;
    throw new Problem(Status.FORBIDDEN, `the role ${caller.grant.role} has no right to ${right}`);
  }

  async #refuseBeyond(one: Call, { grant }: Caller, input: CheckedInput): Promise<void> {
    if (one.reach === "filtered" || reaches(grant, undefined)) return;
    const product = one.reach === "whole" ? undefined : await one.reach(this.#input.stage, input);
    if (!reaches(grant, product)) throw new Problem(Status.FORBIDDEN, BOUND);
  }

  async #ask(one: Call, caller: Caller, input: CheckedInput): Promise<TaggedAnswer> {
    const body = JSON.stringify(await one.handle(this.#input.stage, caller, input));
    return { status: one.status, body, tag: entityTag(body) };
  }

  async #change(one: Call, caller: Caller, input: CheckedInput, { url, headers }: FastifyRequest): Promise<Answer> {
    const key = headers["idempotency-key"];
    const work = () => this.#inTurn(() => this.#changeNow(one, caller, input, headers["if-match"]));
    if (one.method !== "POST" || typeof key !== "string") return work();
    return this.#idempotency.once(caller.person, key, `${url} ${JSON.stringify(input.body)}`, work);
  }

  async #changeNow(one: Call, caller: Caller, input: CheckedInput, ifMatch: string | undefined): Promise<Answer> {
    const { stage } = this.#input;
    if (ifMatch !== undefined) {
      const tag = one.current === undefined ? "" : entityTag(JSON.stringify(await one.current(stage, input)));
      if (!isMatched(ifMatch, tag))
        throw new Problem(Status.PRECONDITION_FAILED, "it has changed since you saw it: look again");
    }
    return { status: one.status, body: JSON.stringify(await one.handle(stage, caller, input)) };
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  #sendError(reply: FastifyReply, error: unknown): void {
    const problem = problemOf(error) ?? problemOfFastify(error);
    if (problem !== undefined) return sendProblem(reply, problem);
    this.#input.failed(error);
    sendProblem(reply, new Problem(Status.INTERNAL_ERROR, "a mistake of the server's own: its log says more"));
  }
}

const BOUND = "you are bound to other products";

type CheckedInput = CallInput<never, never, never>;

interface TaggedAnswer extends Answer {
  readonly tag?: string;
}

function httpServer(
  tls: Certificate | undefined,
  handler: (req: IncomingMessage, res: ServerResponse) => void,
): Server {
  const options: ServerOptions = {
    maxHeaderSize: HEADERS_LENGTH_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  const server =
    tls === undefined
      ? createServer(options, handler)
      : createSecureServer({ ...options, cert: tls.certificate, key: tls.key, minVersion: "TLSv1.2" }, handler);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

/** What comes in, as the schemas want it and nothing besides. Throws Problem. */
function inputOf(one: Pick<Call, "body" | "params" | "query">, request: FastifyRequest): CheckedInput {
  const { params, query, ip } = request;
  const body = request.body ?? {};
  for (const [what, schema, value] of [
    ["path", one.params, params],
    ["query", one.query, query],
    ["body", one.body, body],
  ] as const) {
    refuseOther(what, schema, value);
  }
  // Whoever made the call gave the schemas and the handler together.
  return { params, query, body, address: ip } as CheckedInput;
}

function refuseOther(what: string, schema: TSchema, value: unknown): void {
  if (Value.Check(schema, value)) return;
  const { path, message } = Value.Errors(schema, value).First() ?? { path: "", message: "not as it should be" };
  const where = path === "" ? what : `${what}, ${path.slice(1).replaceAll("/", ".")}`;
  throw new Problem(Status.BAD_REQUEST, `${where}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
}

function send(reply: FastifyReply, { status, body, tag }: TaggedAnswer): void {
  if (tag !== undefined) reply.header("etag", tag);
  if (status === Status.NO_CONTENT) void reply.code(status).send();
  else void reply.code(status).type("application/json").send(body);
}

function sendProblem(reply: FastifyReply, { status, message, retryAfterSeconds }: Problem): void {
  if (status === Status.UNAUTHORIZED) reply.header("www-authenticate", "Bearer");
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  void reply.code(status).type(PROBLEM_TYPE).send(problemBody(status, message));
}

/** What Fastify itself refuses: a body that is too long, or no JSON. */
function problemOfFastify(error: unknown): Problem | undefined {
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message: string };
  return statusCode !== undefined && statusCode < 500 ? new Problem(statusCode, message) : undefined;
}
