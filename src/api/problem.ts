// RFC 9457: what went wrong, for programs by its status, for people in one line that says what to do.

import type { Result } from "../base/result.ts";
import type { Refusal, RefusalKind } from "../fleet/fleet-service.ts";
import { StoreError, type StoreErrorCode } from "../store/store-error.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** RFC 9110 15, and RFC 6585. */
export const Status = {
  OK: 200,
  CREATED: 201,
  NO_CONTENT: 204,
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  CONTENT_TOO_LARGE: 413,
  MISDIRECTED: 421,
  UNPROCESSABLE: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  /** When to try again, where waiting helps. */
  readonly retryAfterSeconds: number | undefined;

  /** `detail` is one line that says what to do. */
  constructor(status: number, detail: string, retryAfterSeconds?: number) {
    super(detail);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The body of a response. */
export function problemBody(status: number, detail: string): string {
  return JSON.stringify({ title: TITLES[status] ?? "Internal Server Error", status, detail });
}

const STATUS_OF_REFUSAL: Readonly<Record<RefusalKind, Status>> = {
  unknown: Status.NOT_FOUND,
  invalid: Status.BAD_REQUEST,
  refused: Status.CONFLICT,
  unavailable: Status.UNAVAILABLE,
};

/** What the fleet said, or a Problem that is thrown. */
export function granted<Value>(result: Result<Value, Refusal>): Value {
  if (result.ok) return result.value;
  const { kind, reason } = result.error;
  throw new Problem(STATUS_OF_REFUSAL[kind], reason);
}

const STATUS_OF_STORE: Partial<Record<StoreErrorCode, Status>> = {
  accountKnown: Status.CONFLICT,
  accountName: Status.BAD_REQUEST,
  accountUnknown: Status.NOT_FOUND,
  tooManyAccounts: Status.CONFLICT,
};

/** The Problem that an error is; undefined for a mistake of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof StoreError)) return undefined;
  return new Problem(STATUS_OF_STORE[error.code] ?? Status.UNAVAILABLE, error.message);
}
