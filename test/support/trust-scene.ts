// A FirmwareServer with releases in memory, for tests of manifests, tickets and reports.

import { bytesOfLatin1, equal } from "../../src/base/bytes.ts";
import { decodeMessage, type Message } from "../../src/coap/message.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import type { LogHead, OfferedRelease, Releases, Unavailable } from "../../src/firmware/releases.ts";
import type { Scope } from "../../src/firmware/scope.ts";
import { type CheckIn, decodeCheckInAnswer, encodeCheckIn } from "../../src/manifest/check-in.ts";
import { NO_FIGURES } from "../../src/manifest/figure.ts";
import { encodeInstallReport, type InstallReport } from "../../src/manifest/install-report.ts";
import type { NativeManifest } from "../../src/manifest/native-manifest.ts";
import { open, SIGNED_MANIFEST, SIGNED_TICKET } from "../../src/manifest/signed-object.ts";
import type { Ticket } from "../../src/manifest/ticket.ts";
import { newestReleaseFor } from "../../src/server/newest-release.ts";
import type { TicketMaker } from "../../src/server/ticket-resource.ts";
import { messageFromLine } from "./coap-line.ts";
import { FirmwareScene, type SceneInput, type ScenePeer } from "./firmware-scene.ts";
import { sha256, signedManifest } from "./releases.ts";
import { ED25519_PAIR, OTHER_ED25519_PAIR } from "./signing-keys.ts";

/** What the server of these scenes signs tickets with. */
export const SERVER_KEYS = OTHER_ED25519_PAIR;

/** When these scenes begin, seconds since 1970. */
export const BEGIN = 1_800_000_000;

export class MemoryReleases implements Releases {
  readonly #current = new Map<string, OfferedRelease>();
  readonly #back = new Map<string, OfferedRelease>();
  readonly roots = new Map<string, Uint8Array>();
  isUnavailable = false;
  head: LogHead | undefined;
  proofBytes: Uint8Array | undefined;

  /** For all devices of the product where `more` names no class. */
  release(sequenceNumber: number, version: string, more: Partial<NativeManifest> = {}): OfferedRelease {
    const release = offeredRelease(sequenceNumber, version, more);
    const { product = "pump", class: className = "", forRunning } = more;
    if (forRunning === undefined) this.#current.set(`${product} ${className}`, release);
    else this.#back.set(`${product} ${forRunning}`, release);
    return release;
  }

  withdraw(): void {
    this.#current.clear();
  }

  current(product: string, className: string | undefined): OfferedRelease | Unavailable | undefined {
    if (this.isUnavailable) return "unavailable";
    return this.#current.get(`${product} ${className ?? ""}`) ?? this.#current.get(`${product} `);
  }

  wayBack(product: string, _class: string | undefined, running: Uint8Array): OfferedRelease | Unavailable | undefined {
    return this.isUnavailable ? "unavailable" : this.#back.get(`${product} ${running}`);
  }

  byDigest(_product: string, prefix: Uint8Array): OfferedRelease | Unavailable | undefined {
    return [...this.#current.values(), ...this.#back.values()].find(({ digest }) =>
      equal(digest.subarray(0, prefix.length), prefix),
    );
  }

  trustRoot(product: string): Uint8Array | Unavailable | undefined {
    return this.roots.get(product);
  }

  proof(): Uint8Array | undefined {
    return this.proofBytes;
  }

  logHead(): LogHead | undefined {
    return this.head;
  }
}

function offeredRelease(sequenceNumber: number, version: string, more: Partial<NativeManifest>): OfferedRelease {
  const manifest = signedManifest(sequenceNumber, version, more);
  const [suit, riot] = [bytesOfLatin1(`suit ${version}`), undefined];
  return { version, sequenceNumber, notAfter: more.notAfter, manifest, digest: sha256(manifest), suit, riot };
}

export class TrustScene extends FirmwareScene {
  readonly releases: MemoryReleases;
  /** By identity in UTF-8; whoever is not here is not bound. */
  readonly scopes: Map<string, Scope | "unavailable">;

  constructor(input: SceneInput = {}) {
    const releases = new MemoryReleases();
    const scopes = new Map<string, Scope | "unavailable">();
    const trust: TicketMaker = {
      releases,
      key: SERVER_KEYS.signing,
      unixSeconds: (now) => BEGIN + Math.floor(now / 1_000) - 1_000,
    };
    super({
      trust,
      scopes: { scopeOf: (identity) => scopes.get(Buffer.from(identity).toString()) },
      ...input,
    });
    const maker = input.trust ?? trust;
    this.decides = ({ checkIn }) => newestReleaseFor(maker.releases, checkIn, maker.unixSeconds(this.now));
    this.releases = releases;
    this.scopes = scopes;
  }
}

/** One for each POST of this process: the same one again would be the same request. */
const messageIds = Array.from({ length: 0x1000 }, (_, i) => (0x1000 + i).toString(16)).values();

/** A POST of these bytes. */
export function post(path: string, payload: Uint8Array, ...options: Message["options"][number][]): Message {
  const line = `CON ${messageIds.next().value} POST T=01 ${path}`;
  const message = messageFromLine(line, 0);
  return { ...message, options: [...message.options, ...options].sort((a, b) => a.number - b.number), payload };
}

export const CHECK_IN: CheckIn = {
  product: "pump",
  nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  sequenceNumber: 1,
  version: "1.2.0",
  slot: 0,
  manifestWanted: false,
  figures: NO_FIGURES,
};

export interface Told {
  readonly ticket: Ticket;
  readonly manifest: NativeManifest | undefined;
  readonly proof: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}

/** What the server tells a device that checks in; its signatures hold, or the test fails. */
export function checksIn(peer: ScenePeer, checkIn: Partial<CheckIn> = {}): Told {
  return toldBy(peer.asksMessage(post("/t", encodeCheckIn({ ...CHECK_IN, ...checkIn }))));
}

/** The same of the bytes of an answer. */
export function toldIn(bytes: Uint8Array): Told {
  const answer = decodeMessage(bytes);
  if (!answer.ok) throw new Error("the server sent a broken message");
  return toldBy(answer.value);
}

function toldBy(answer: Message): Told {
  const decoded = decodeCheckInAnswer(answer.payload);
  if (!decoded.ok) throw new Error(decoded.error.reason);
  const { ticket, manifest, proof } = decoded.value;
  const opened = open(SIGNED_TICKET, ticket, () => [SERVER_KEYS.verification]);
  const openedManifest = manifest && open(SIGNED_MANIFEST, manifest, () => [ED25519_PAIR.verification]);
  if (!opened.ok || openedManifest?.ok === false) throw new Error("a signature is wrong");
  return { ticket: opened.value.value, manifest: openedManifest?.value.value, proof, bytes: ticket };
}

export function installReport(id: number, more: Partial<InstallReport> = {}): InstallReport {
  const figures = new Map([[1, 60]]);
  const report = { id: new Uint8Array(8).fill(id), product: "pump", version: "1.3.0", figures };
  return { ...report, sequenceNumber: 2, state: 0, result: 1, ...more };
}

export function postReport(id: number, more: Partial<InstallReport> = {}): Message {
  return post("/r", encodeInstallReport(installReport(id, more)));
}

export function etagIn(message: Message): Uint8Array | undefined {
  return message.options.find(({ number }) => number === OptionNumber.ETAG)?.value;
}
