// The API of a server, asked by a program: JSON out and in, and a server's problem as a refusal.

import { failed, ok, type Result } from "../../base/result.ts";
import type { Refusal, RefusalKind } from "../../fleet/fleet-service.ts";

/** How long an answer may take. */
const TIMEOUT_MS = 30_000;

/** Bytes of an answer: a page of devices has less. */
export const API_ANSWER_LENGTH_MAX = 64 * 2 ** 20;

export type Method = "DELETE" | "GET" | "PATCH" | "POST" | "PUT";

export class ApiClient {
  readonly #base: URL;
  readonly #token: string;

  /** `base` is the server's own, such as http://127.0.0.1:8080. */
  constructor(base: URL, token: string) {
    this.#base = base;
    this.#token = token;
  }

  get<Value>(path: string): Promise<Result<Value, Refusal>> {
    return this.ask("GET", path);
  }

  /** `path` begins behind "/api/v1/", with each of its parts escaped. */
  async ask<Value>(method: Method, path: string, body?: unknown): Promise<Result<Value, Refusal>> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(`/api/v1/${path}`, this.#base), {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A token goes to the server that was named, and to no other.
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await bounded(response);
    } catch (error) {
      return failed({
        kind: "unavailable",
        reason: `no answer from ${this.#base.origin} (${causeOf(error)}): see that it serves`,
      });
    }
    const value = jsonIn(text);
    if (response.ok) return ok(value as Value);
    const { detail } = (value ?? {}) as { readonly detail?: unknown };
    const reason = typeof detail === "string" ? detail : `${this.#base.origin} answers ${response.status}`;
    return failed({ kind: kindOf(response.status), reason });
  }
}

async function bounded(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > API_ANSWER_LENGTH_MAX) throw new Error("the answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function jsonIn(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function kindOf(status: number): RefusalKind {
  if (status === 404) return "unknown";
  if (status === 400) return "invalid";
  return status >= 500 ? "unavailable" : "refused";
}

/** What fetch hides behind "fetch failed". */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error & {
    readonly cause?: { readonly code?: string; readonly message?: string };
  };
  return cause?.code ?? cause?.message ?? message;
}
