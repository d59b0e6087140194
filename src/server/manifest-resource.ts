// `/m/<product>`: what the devices of a class shall run, as their maker signed it; below it the same as a SUIT envelope, as one
// that RIOT reads, and the product's trust root. All of it may be cached: what one device shall run is said by a ticket.

import { LRUCache } from "lru-cache";
import { bytesOfLatin1, fromHex, toUtf8 } from "../base/bytes.ts";
import { BytesBody, ContentFormat } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { ETAG_LENGTH } from "../firmware/image-etag.ts";
import type { OfferedRelease, Releases, Unavailable } from "../firmware/releases.ts";
import { classNameFault } from "../manifest/names.ts";
import { type Access, UNAVAILABLE } from "./access.ts";
import type { Association } from "./association.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment. */
export const MANIFEST_ROOT = "m";

/** Names of observed resources whose ETag is remembered; who observes one more is told of every change of the store. */
export const OBSERVED_NAMES_MAX = 4_096;

/** Bytes of a digest that name a manifest in `?d=`. */
export const DIGEST_PREFIX_LENGTH = 8;

const FORMS = ["native", "suit", "riot", "root"] as const;
type Form = (typeof FORMS)[number];

interface Asked {
  readonly product: string;
  readonly form: Form;
  readonly className: string | undefined;
  readonly digest: Uint8Array | undefined;
}

const NOT_FOUND: PlainResponse = { code: Code.NOT_FOUND };

export class ManifestResource implements Resource {
  readonly #crypto: CryptoProvider;
  readonly #releases: Releases;
  readonly #access: Access;
  /** What its observers were told last, by its name. */
  readonly #told = new LRUCache<string, string>({ max: OBSERVED_NAMES_MAX });

  constructor(crypto: CryptoProvider, releases: Releases, access: Access) {
    this.#crypto = crypto;
    this.#releases = releases;
    this.#access = access;
  }

  get observedNameCount(): number {
    return this.#told.size;
  }

  admit(path: ResourcePath, request: Request<Association>): PlainResponse | number {
    const response = this.respond(path, request);
    return "body" in response ? 0 : response;
  }

  observed(path: ResourcePath): string | undefined {
    const asked = askedBy(path);
    if ("code" in asked || asked.digest !== undefined) return undefined;
    const name = nameOf(asked);
    const bytes = this.#bytesOf(asked);
    if (bytes instanceof Uint8Array) this.#told.set(name, this.#etagOf(bytes));
    return name;
  }

  /** After a change of the store: whether the resource that is observed under this name has another state now. */
  hasChanged(name: string): boolean {
    const asked = askedNamed(name);
    if (asked === undefined) return false;
    const bytes = this.#bytesOf(asked);
    // An error would end the observation: what cannot be told now is told at the next change.
    if (bytes === "unavailable") return false;
    const etag = bytes === undefined ? "" : this.#etagOf(bytes);
    if (this.#told.get(name) === etag) return false;
    this.#told.set(name, etag);
    return true;
  }

  respond(path: ResourcePath, request: Request<Association>): Response {
    const asked = askedBy(path);
    if ("code" in asked) return asked;
    const { product, form, className } = asked;
    const refusal =
      form === "root"
        ? this.#access.refusalOfProduct(request.association, product)
        : this.#access.refusalOf(request.association, product, className);
    if (refusal !== undefined) return refusal;
    const bytes = this.#bytesOf(asked);
    if (bytes === undefined) return NOT_FOUND;
    if (bytes === "unavailable") return UNAVAILABLE;
    if (request.code !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
    return { body: new BytesBody(ContentFormat.CBOR, bytes, bytesOfLatin1(this.#etagOf(bytes))) };
  }

  #bytesOf({ product, form, className, digest }: Asked): Uint8Array | Unavailable | undefined {
    if (form === "root") return this.#releases.trustRoot(product);
    const release =
      digest === undefined ? this.#releases.current(product, className) : this.#releases.byDigest(product, digest);
    return release === undefined || release === "unavailable" ? release : inForm(release, form);
  }

  /** Of the native manifest it is the beginning of the digest that a ticket names. */
  #etagOf(bytes: Uint8Array): string {
    return this.#crypto.sha256(bytes).slice(0, ETAG_LENGTH);
  }
}

function inForm(release: OfferedRelease, form: Exclude<Form, "root">): Uint8Array | undefined {
  return form === "native" ? release.manifest : release[form];
}

function askedBy({ segments, queries }: ResourcePath): Asked | PlainResponse {
  const [, product, form = "native"] = segments;
  if (product === undefined || segments.length > 3 || !isForm(form)) return NOT_FOUND;
  // The native one has no segment of its own.
  if (form === "native" && segments.length === 3) return NOT_FOUND;
  const className = queried(queries, "c");
  const digest = queried(queries, "d");
  if (className !== undefined && classNameFault(className) !== undefined) return badQuery("c");
  const prefix = digest === undefined ? undefined : fromHex(digest);
  if (digest !== undefined && prefix?.length !== DIGEST_PREFIX_LENGTH) return badQuery("d");
  return { product, form, className, digest: prefix };
}

function isForm(text: string): text is Form {
  return (FORMS as readonly string[]).includes(text);
}

function queried(queries: readonly string[], name: string): string | undefined {
  return queries.find((query) => query.startsWith(`${name}=`))?.slice(name.length + 1);
}

function badQuery(name: string): PlainResponse {
  return { code: Code.BAD_REQUEST, payload: toUtf8(name) };
}

/** `/m/pump?c=outdoor`, `/m/pump/suit`. */
function nameOf({ product, form, className }: Asked): string {
  const path = form === "native" ? `/${MANIFEST_ROOT}/${product}` : `/${MANIFEST_ROOT}/${product}/${form}`;
  return className === undefined ? path : `${path}?c=${className}`;
}

const NAME = /^\/m\/([^/?]+)(?:\/(suit|riot|root))?(?:\?c=(.+))?$/;

function askedNamed(name: string): Asked | undefined {
  const [, product, form = "native", className] = NAME.exec(name) ?? [];
  return product === undefined ? undefined : { product, form: form as Form, className, digest: undefined };
}
