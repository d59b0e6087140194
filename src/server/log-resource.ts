// `/log`: the registry as everybody may read it. `/log/checkpoint` and `/log/tile/…` are C2SP tlog-tiles; `/log/proof/<index>`
// and `/log/consistency/<old size>` are proofs that fit that checkpoint, for whoever does not want to fetch tiles. What is not kept
// is read from a disk, on the thread that serves blocks: so many reads a second there are, and no more, whoever asks.

import { LRUCache } from "lru-cache";
import { bytesOfLatin1, toUtf8 } from "../base/bytes.ts";
import { type Instant, instant } from "../base/instant.ts";
import { type Body, BytesBody, ContentFormat } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { ETAG_LENGTH } from "../firmware/image-etag.ts";
import type { Unavailable } from "../firmware/releases.ts";
import { sizeOf } from "../registry/checkpoint.ts";
import { type Tile, tileAt } from "../registry/tile.ts";
import { UNAVAILABLE } from "./access.ts";
import type { Association } from "./association.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment. */
export const LOG_ROOT = "log";

/** Bodies kept for their next blocks: 78 KB each at the most, which is a bundle of 256 entries. */
export const LOG_BODIES_MAX = 16;

/** In a second, and at once after a quiet one: some milliseconds' work each second, whoever asks for what. */
export const LOG_READS_PER_SECOND = 50;

/** What the server asks of a registry: no more than was signed, and without waiting. */
export interface ServedLog {
  /** The newest checkpoint; undefined before the first. */
  note(): string | undefined;
  tile(tile: Tile): Uint8Array | Unavailable | undefined;
  /** C2SP tlog-proof. */
  proofText(index: number): string | Unavailable | undefined;
  /** The request of C2SP tlog-witness. */
  consistencyText(old: number): string | Unavailable | undefined;
}

const NOT_FOUND: PlainResponse = { code: Code.NOT_FOUND };

export class LogResource implements Resource {
  readonly #crypto: CryptoProvider;
  readonly #log: ServedLog;
  readonly #bodies = new LRUCache<string, Body>({ max: LOG_BODIES_MAX });
  /** The checkpoint that the bodies fit. */
  #note: string | undefined;
  #readsLeft = LOG_READS_PER_SECOND;
  #countedAt: Instant = instant(0);

  constructor(crypto: CryptoProvider, log: ServedLog) {
    this.#crypto = crypto;
    this.#log = log;
  }

  get bodyCount(): number {
    return this.#bodies.size;
  }

  admit(_path: ResourcePath, request: Request<Association>): PlainResponse | number {
    return request.code === Code.GET ? 0 : { code: Code.METHOD_NOT_ALLOWED };
  }

  respond({ segments }: ResourcePath, request: Request<Association>, now: Instant): Response {
    if (request.code !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
    const name = segments.slice(1).join("/");
    const note = this.#log.note();
    if (note !== this.#note) this.#bodies.clear();
    this.#note = note;
    const body = this.#bodies.get(name) ?? this.#bodyOf(name, now);
    if (body === undefined) return NOT_FOUND;
    if (body === "unavailable") return UNAVAILABLE;
    this.#bodies.set(name, body);
    return { body };
  }

  #bodyOf(name: string, now: Instant): Body | Unavailable | undefined {
    const content = name === "checkpoint" ? this.#note : this.#contentOf(name, now);
    if (content === undefined || content === "unavailable") return content;
    const isText = typeof content === "string";
    const bytes = isText ? toUtf8(content) : content;
    const etag = bytesOfLatin1(this.#crypto.sha256(bytes).slice(0, ETAG_LENGTH));
    return new BytesBody(isText ? ContentFormat.TEXT_PLAIN : ContentFormat.OCTET_STREAM, bytes, etag);
  }

  #contentOf(name: string, now: Instant): Uint8Array | string | undefined {
    const tile = tileAt(name);
    const [, what, digits = ""] = /^(proof|consistency)\/(\d+)$/.exec(name) ?? [];
    const number = sizeOf(digits);
    if (tile === undefined && number === undefined) return undefined;
    if (!this.#mayRead(now)) return "unavailable";
    if (tile !== undefined) return this.#log.tile(tile);
    if (number === undefined) return undefined;
    return what === "proof" ? this.#log.proofText(number) : this.#log.consistencyText(number);
  }

  /** Takes one of this second's reads. */
  #mayRead(now: Instant): boolean {
    const gained = ((now - this.#countedAt) * LOG_READS_PER_SECOND) / 1_000;
    this.#readsLeft = Math.min(LOG_READS_PER_SECOND, this.#readsLeft + Math.max(0, gained));
    this.#countedAt = now;
    if (this.#readsLeft < 1) return false;
    this.#readsLeft--;
    return true;
  }
}
