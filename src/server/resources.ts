// Which resource a request is for: the first segment of its path says so.

import type { Instant } from "../base/instant.ts";
import { Code } from "../coap/code.ts";
import type { Question } from "../coap/question.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { Association } from "./association.ts";
import type { Resource } from "./resource.ts";
import { type ResourcePath, resourcePath } from "./resource-path.ts";

interface Target {
  /** As the request wrote it. */
  readonly written: readonly string[];
  readonly path: ResourcePath;
  /** Undefined where there is none. */
  readonly resource: Resource | undefined;
}

const NOT_FOUND: PlainResponse = { code: Code.NOT_FOUND };

export class Resources {
  readonly #byRoot: ReadonlyMap<string, Resource | undefined>;
  /** Where the last path led, which is that of the next request most often. */
  #last: Target | undefined;

  /** By first segment; what is undefined is not there. */
  constructor(byRoot: readonly (readonly [string, Resource | undefined])[]) {
    this.#byRoot = new Map(byRoot);
  }

  /** See RequestHandler. */
  admit(request: Request<Association>): PlainResponse | number {
    const { path, resource } = this.#targetOf(request);
    return resource === undefined ? NOT_FOUND : resource.admit(path, request);
  }

  /** See RequestHandler. */
  observed(request: Request<Association>): string | undefined {
    const { path, resource } = this.#targetOf(request);
    return resource?.observed?.(path);
  }

  respond(request: Request<Association>, now: Instant): Response | Question {
    const { path, resource } = this.#targetOf(request);
    return resource === undefined ? NOT_FOUND : resource.respond(path, request, now);
  }

  #targetOf({ path, queries }: Request<Association>): Target {
    if (queries.length > 0) return this.#find(path, queries);
    const last = this.#last;
    if (last !== undefined && isSamePath(last.written, path)) return last;
    this.#last = this.#find(path, queries);
    return this.#last;
  }

  #find(written: readonly string[], queries: readonly string[]): Target {
    const path = resourcePath(written, queries);
    return { written, path, resource: this.#byRoot.get(path.segments[0] ?? "") };
  }
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
