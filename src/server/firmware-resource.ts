// `/fw/<product>/<version>`: an image, or the slice of it that `offset` and `length` ask for.

import { toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Catalogue, CatalogueImage, ContentQuestion } from "../firmware/catalogue.ts";
import { imagePath } from "../firmware/image-name.ts";
import type { Access } from "./access.ts";
import type { Association } from "./association.ts";
import { ImageBody } from "./image-body.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment. */
export const FIRMWARE_ROOT = "fw";

export interface FirmwareResourceOutlet {
  /** A request for an image that cannot be served. */
  imageDamaged(path: string, reason: string): void;
  /** A request for an image that nobody published: the catalogue was asked in vain. */
  imageUnknown(request: Request<Association>): void;
}

export class FirmwareResource implements Resource {
  readonly #crypto: CryptoProvider;
  readonly #catalogue: Catalogue;
  readonly #access: Access;
  readonly #outlet: FirmwareResourceOutlet;
  /** Of whole images, for as long as the catalogue has them; and the one that was asked for last. */
  readonly #imageBodies = new WeakMap<CatalogueImage, ImageBody>();
  #lastBody: ImageBody | undefined;

  constructor(crypto: CryptoProvider, catalogue: Catalogue, access: Access, outlet: FirmwareResourceOutlet) {
    this.#crypto = crypto;
    this.#catalogue = catalogue;
    this.#access = access;
    this.#outlet = outlet;
  }

  /** No body is wanted: a request that brings one is answered as if it had none. */
  admit(path: ResourcePath, request: Request<Association>): PlainResponse | number {
    const response = this.respond(path, request);
    return "code" in response && !("body" in response) ? response : 0;
  }

  respond(path: ResourcePath, request: Request<Association>): Response | ContentQuestion {
    const body = this.#bodyFor(path.segments, path.queries, request);
    if (!body.ok) return body.error;
    if (request.code !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
    return { body: body.value };
  }

  #bodyFor(
    segments: readonly string[],
    queries: readonly string[],
    request: Request<Association>,
  ): Result<ImageBody, ContentQuestion | PlainResponse> {
    if (segments.length !== 3) return failed({ code: Code.NOT_FOUND });
    const refusal = this.#access.refusalOfProduct(request.association, segments[1]!);
    if (refusal !== undefined) return failed(refusal);
    const image = this.#catalogue.find(segments[1]!, segments[2]!);
    if (image === undefined) {
      this.#outlet.imageUnknown(request);
      return failed({ code: Code.NOT_FOUND });
    }
    if ("question" in image) return failed(image);
    if ("damaged" in image) {
      this.#outlet.imageDamaged(imagePath(segments[1]!, segments[2]!), image.damaged);
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
