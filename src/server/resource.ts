// What all resources of one first path segment have in common. They decide by a request alone, and hold no state about any peer.

import type { Instant } from "../base/instant.ts";
import type { Question } from "../coap/question.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { Association } from "./association.ts";
import type { ResourcePath } from "./resource-path.ts";

export interface Resource {
  /** See RequestHandler.admit; 0 for a request whose body is passed over. */
  admit(path: ResourcePath, request: Request<Association>): PlainResponse | number;
  /** See RequestHandler.observed; absent where nothing can be observed. */
  observed?(path: ResourcePath): string | undefined;
  /** The first segment of `path` is the one that led here. */
  respond(path: ResourcePath, request: Request<Association>, now: Instant): Response | Question;
}
