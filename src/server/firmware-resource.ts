// The resources: `/fw/<product>/<version>`, an image or the slice of it that `offset` and `length` ask for, and
// `/.well-known/core`, the links to all images (RFC 6690). Decides by request alone; holds no state about any peer.

import { toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { Body } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Catalogue, CatalogueImage, ContentQuestion } from "../firmware/catalogue.ts";
import { ImageBody } from "./image-body.ts";
import { ImageLinks } from "./image-links.ts";
import { type ResourcePath, resourcePath } from "./resource-path.ts";

/** RFC 6690 4. */
export const LINKS_PATH = "/.well-known/core";

export interface FirmwareResourceOutlet {
  /** A request for an image that cannot be served. */
  imageDamaged(path: string, reason: string): void;
  /** A request for an image that nobody published: the catalogue was asked in vain. */
  imageUnknown(request: Request<unknown>): void;
}

export class FirmwareResource {
  readonly #crypto: CryptoProvider;
  readonly #catalogue: Catalogue;
  readonly #outlet: FirmwareResourceOutlet;
  readonly #links: ImageLinks;
  /** Of whole images, for as long as the catalogue has them; and the one that was asked for last. */
  readonly #imageBodies = new WeakMap<CatalogueImage, ImageBody>();
  #lastBody: ImageBody | undefined;
  /** What the last path means, which is that of the next request most often. */
  #lastPath: { readonly path: readonly string[]; readonly resource: ResourcePath } | undefined;

  constructor(crypto: CryptoProvider, catalogue: Catalogue, outlet: FirmwareResourceOutlet) {
    this.#crypto = crypto;
    this.#catalogue = catalogue;
    this.#links = new ImageLinks(crypto, catalogue);
    this.#outlet = outlet;
  }

  /** The images may have changed: links are made anew when next asked for. */
  handleCatalogueChange(): void {
    this.#links.handleCatalogueChange();
  }

  /** The name of the resource that a GET would observe: only the list of links changes. */
  observed(request: Request<unknown>): string | undefined {
    return isLinks(this.#resourcePathOf(request).segments) ? LINKS_PATH : undefined;
  }

  respond(request: Request<unknown>): Response | ContentQuestion {
    const { segments, queries } = this.#resourcePathOf(request);
    const body = this.#bodyFor(segments, queries, request);
    if (!body.ok) return body.error;
    if (request.code !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
    return { body: body.value };
  }

  #resourcePathOf({ path, queries }: Request<unknown>): ResourcePath {
    if (queries.length > 0) return resourcePath(path, queries);
    const last = this.#lastPath;
    if (last !== undefined && isSamePath(last.path, path)) return last.resource;
    const resource = resourcePath(path, queries);
    this.#lastPath = { path, resource };
    return resource;
  }

  #bodyFor(
    segments: readonly string[],
    queries: readonly string[],
    request: Request<unknown>,
  ): Result<Body, ContentQuestion | PlainResponse> {
    const [root, second, third] = segments;
    if (isLinks(segments)) return this.#links.bodyFor(queries);
    if (segments.length !== 3 || root !== "fw") return failed({ code: Code.NOT_FOUND });
    const image = this.#catalogue.find(second!, third!);
    if (image === undefined) {
      this.#outlet.imageUnknown(request);
      return failed({ code: Code.NOT_FOUND });
    }
    if ("question" in image) return failed(image);
    if ("damaged" in image) {
      this.#outlet.imageDamaged(`/fw/${second}/${third}`, image.damaged);
      return failed({ code: Code.INTERNAL_SERVER_ERROR, payload: toUtf8("image damaged") });
    }
    if (queries.length === 0) return ok(this.#wholeBody(image));
    const slice = sliceAsked(queries, image.length);
    if (slice === undefined) return failed({ code: Code.BAD_REQUEST, payload: toUtf8("offset or length") });
    return ok(new ImageBody(this.#crypto, image, slice.start, slice.length));
  }

  #wholeBody(image: CatalogueImage): ImageBody {
    if (this.#lastBody?.image === image) return this.#lastBody;
    let body = this.#imageBodies.get(image);
    if (body === undefined) {
      body = new ImageBody(this.#crypto, image, 0, image.length);
      this.#imageBodies.set(image, body);
    }
    this.#lastBody = body;
    return body;
  }
}

function isLinks(segments: readonly string[]): boolean {
  return segments.length === 2 && segments[0] === ".well-known" && segments[1] === "core";
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * What `offset` and `length` cut out of an image of `imageLength` bytes: at most up to its end, at least one byte.
 * Undefined for anything that is no such slice. Other queries are passed over.
 */
function sliceAsked(
  queries: readonly string[],
  imageLength: number,
): { readonly start: number; readonly length: number } | undefined {
  const start = numberAsked(queries, "offset", 0);
  if (start === undefined || start >= imageLength) return undefined;
  const length = numberAsked(queries, "length", imageLength - start);
  if (length === undefined || length === 0) return undefined;
  return { start, length: Math.min(length, imageLength - start) };
}

function numberAsked(queries: readonly string[], name: string, absent: number): number | undefined {
  const asked = queries.filter((query) => query.startsWith(`${name}=`));
  if (asked.length === 0) return absent;
  const text = asked[0]!.slice(name.length + 1);
  return asked.length === 1 && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
