// `/.well-known/core`: the links to all images (RFC 6690 4). Whoever observes it is told when images were published.

import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Catalogue } from "../firmware/catalogue.ts";
import type { Association } from "./association.ts";
import { ImageLinks } from "./image-links.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment. */
export const LINKS_ROOT = ".well-known";
/** The name under which it is observed. */
export const LINKS_PATH = "/.well-known/core";

export class LinksResource implements Resource {
  readonly #links: ImageLinks;

  constructor(crypto: CryptoProvider, catalogue: Catalogue) {
    this.#links = new ImageLinks(crypto, catalogue);
  }

  /** The images may have changed: links are made anew when next asked for. */
  handleCatalogueChange(): void {
    this.#links.handleCatalogueChange();
  }

  admit(path: ResourcePath, request: Request<Association>): PlainResponse | number {
    const response = this.respond(path, request);
    return "body" in response ? 0 : response;
  }

  observed({ segments }: ResourcePath): string | undefined {
    return isLinks(segments) ? LINKS_PATH : undefined;
  }

  respond({ segments, queries }: ResourcePath, request: Request<Association>): Response {
    if (!isLinks(segments)) return { code: Code.NOT_FOUND };
    const body = this.#links.bodyFor(queries);
    if (!body.ok) return body.error;
    return request.code === Code.GET ? { body: body.value } : { code: Code.METHOD_NOT_ALLOWED };
  }
}

function isLinks(segments: readonly string[]): boolean {
  return segments.length === 2 && segments[1] === "core";
}
