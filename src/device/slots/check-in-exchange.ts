// One check-in, from the question to what the device may do: POST /t, and where they do not come with the answer or are not
// known yet, the trust root and the manifest after it. Each answer is taken for what its signature shows, and no more.

import { bytesOfLatin1, EMPTY, toHex } from "../../base/bytes.ts";
import type { Instant } from "../../base/instant.ts";
import { Code, classOf, formatCode } from "../../coap/code.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { decodeCheckInAnswer, encodeCheckIn, type SaidConsent } from "../../manifest/check-in.ts";
import { Figure } from "../../manifest/figure.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import type { OwnKey } from "../../manifest/payload-encryption.ts";
import { type Refusal, refusal } from "../../manifest/reason.ts";
import { readUnverified, SIGNED_TICKET } from "../../manifest/signed-object.ts";
import type { Ticket } from "../../manifest/ticket.ts";
import type { ErrandRequest } from "../errand.ts";
import type { SlotNumber } from "./bootloader.ts";
import type { DeviceMemory } from "./device-memory.ts";
import { type Asking, checkDigest, checkManifest, checkSpace, checkTicket, openEncryption } from "./offer.ts";
import type { Offer } from "./slot-check.ts";
import type { TrustAnchors } from "./trust-anchors.ts";

/** Of a manifest's digest, the first bytes as hex digits name it in a query. */
const DIGEST_QUERY_LENGTH = 8;

export type CheckInStep =
  /** Something more is to be asked for. */
  | { readonly kind: "asks"; readonly request: ErrandRequest }
  | { readonly kind: "nothingNew"; readonly ticket: Ticket }
  | { readonly kind: "offered"; readonly offer: Offer; readonly ticket: Ticket }
  /** `manifest` where its signature holds. */
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly manifest: NativeManifest | undefined }
  /** The server cannot answer for the moment, and that is all that is known. */
  | { readonly kind: "failed"; readonly detail: string };

/** What only the application knows, and a server decides by. */
export interface Told {
  /** The cell that it is in, or the gateway that it is behind: 1 to CELL_LENGTH_MAX printable characters. */
  readonly cell?: string;
  /** Coverage enhancement, 0 to RADIO_LEVEL_MAX. */
  readonly radioLevel?: number;
  /** Starts of the device, from the first one on. */
  readonly boots?: number;
  /** What its user said, as long as it holds. */
  readonly consent?: SaidConsent;
}

export interface CheckInExchangeInput {
  readonly asking: Asking;
  readonly memory: DeviceMemory;
  readonly running: SlotNumber;
  readonly told: Told & { readonly uptimeSeconds: number };
  readonly anchors: TrustAnchors;
  readonly crypto: CryptoProvider;
  /** Whether nothing is taken that no log of the trust root has. */
  readonly asksForLog: boolean;
  /** Whether the maker's signature counts alone: what a ticket says is then believed of whoever sent it. */
  readonly checksMakerAlone: boolean;
  /** Opens images that are encrypted; absent where the device takes none. */
  readonly decryptionKey: OwnKey | undefined;
}

export class CheckInExchange {
  readonly #input: CheckInExchangeInput;
  /** What the answer to the present request is. */
  #asked: "answer" | "root" | "manifest" = "answer";
  #ticket: Uint8Array = EMPTY;
  #manifest: Uint8Array | undefined;
  #proof: Uint8Array | undefined;
  #isRootFresh = false;
  /** What is known will do without it. */
  #isRootOptional = false;
  #rootAskedAt: number;

  constructor(input: CheckInExchangeInput) {
    this.#input = input;
    this.#rootAskedAt = input.memory.rootAskedAt;
  }

  /** When the trust root was last asked for, in seconds since 1970 by a ticket: to be remembered. */
  get rootAskedAt(): number {
    return this.#rootAskedAt;
  }

  /** The first request. */
  get request(): ErrandRequest {
    const { asking, memory, running, told } = this.#input;
    const { sequenceNumber, version, sha256 } = memory.installed;
    const payload = encodeCheckIn({
      product: asking.product,
      class: asking.class,
      nonce: asking.nonce,
      sequenceNumber,
      version,
      runningSha256: sha256,
      slot: running,
      manifestWanted: true,
      figures: figuresOf(told),
      cell: told.cell,
      consent: told.consent,
    });
    return { code: Code.POST, path: ["t"], payload };
  }

  /** For what was asked for last. */
  handleAnswer(now: Instant, code: Code, payload: Uint8Array): CheckInStep {
    const isNeeded = this.#asked !== "root" || !this.#isRootOptional;
    if (isPutOff(code) && isNeeded) {
      return { kind: "failed", detail: `the server cannot for the moment (${formatCode(code)})` };
    }
    const refused = this.#take(code, payload);
    if (refused !== undefined) return { kind: "refused", refusal: refused, manifest: undefined };
    return this.#weigh(now);
  }

  #take(code: Code, payload: Uint8Array): Refusal | undefined {
    const { anchors } = this.#input;
    const isThere = classOf(code) === 2;
    const asked = this.#asked;
    if (asked === "answer") {
      const decoded = isThere ? decodeCheckInAnswer(payload) : undefined;
      if (!decoded?.ok) return refusal("noTicket", decoded?.error.reason ?? `the server answers ${formatCode(code)}`);
      this.#ticket = decoded.value.ticket;
      this.#manifest = decoded.value.manifest;
      this.#proof = decoded.value.proof;
      return undefined;
    }
    if (asked === "root" && this.#isRootOptional) {
      // One that is no better than what is known changes nothing; one that is newer may revoke who gave it.
      if (isThere) anchors.takeRoot(payload);
      return undefined;
    }
    if (!isThere) {
      // Without a root nobody's ticket counts; without its manifest the ticket offers nothing.
      const what = asked === "root" ? "trust root" : "manifest of the ticket";
      return refusal(asked === "root" ? "keyUnknown" : "manifestDiffers", `no ${what}: ${formatCode(code)}`);
    }
    if (asked === "manifest") this.#manifest = payload;
    else {
      const taken = anchors.takeRoot(payload);
      if (!taken.ok) return taken.error;
    }
    return undefined;
  }

  /** What is known so far, in the order of the checks. */
  #weigh(now: Instant): CheckInStep {
    const { anchors, asksForLog, checksMakerAlone, crypto } = this.#input;
    const opens = checksMakerAlone ? readUnverified(SIGNED_TICKET, this.#ticket) : anchors.openTicket(this.#ticket);
    if (!opens.ok) return this.#orRoot(opens.error, undefined);
    const ticket = opens.value;
    const { issued, manifestDigest } = ticket;
    if (anchors.root !== undefined && anchors.root.notAfter < issued) {
      return this.#orRoot(refusal("rootExpired", `the trust root was good until ${anchors.root.notAfter}`), undefined);
    }
    if (this.#isRootFresh) this.#rootAskedAt = issued;
    else if (anchors.isRootDue(issued, this.#rootAskedAt, asksForLog)) return this.#asksForNewerRoot();
    if (manifestDigest === undefined) {
      const stale = this.#checkTicket(now, ticket);
      if (stale !== undefined) return { kind: "refused", refusal: stale, manifest: undefined };
      return { kind: "nothingNew", ticket };
    }
    if (this.#manifest === undefined)
      return this.#asks("manifest", [`d=${toHex(manifestDigest.subarray(0, DIGEST_QUERY_LENGTH))}`]);
    const opened = anchors.openManifest(this.#manifest);
    if (!opened.ok) return this.#orRoot(opened.error, undefined);
    const manifest = opened.value;
    const refused = this.#checkOffer(now, ticket, this.#manifest, manifest);
    if (refused !== undefined) return { kind: "refused", refusal: refused, manifest };
    const payload = openEncryption(crypto, manifest, this.#input.decryptionKey);
    if (!payload.ok) return { kind: "refused", refusal: payload.error, manifest };
    return { kind: "offered", offer: { manifest, payload: payload.value }, ticket };
  }

  #checkOffer(now: Instant, ticket: Ticket, signed: Uint8Array, manifest: NativeManifest): Refusal | undefined {
    const { asking, memory, crypto, checksMakerAlone } = this.#input;
    return (
      checkManifest(manifest, ticket.issued, memory, asking) ??
      this.#checkTicket(now, ticket) ??
      (checksMakerAlone ? undefined : checkDigest(crypto, signed, ticket)) ??
      this.#checkProof(bytesOfLatin1(crypto.sha256(signed))) ??
      checkSpace(manifest, asking)
    );
  }

  #checkTicket(now: Instant, ticket: Ticket): Refusal | undefined {
    return this.#input.checksMakerAlone ? undefined : checkTicket(now, ticket, this.#input.asking);
  }

  /** A proof that comes is checked, whoever asked for it. */
  #checkProof(manifestDigest: Uint8Array): Refusal | undefined {
    const { anchors, asksForLog } = this.#input;
    if (this.#proof !== undefined) return anchors.checkProof(this.#proof, manifestDigest);
    return asksForLog ? refusal("notInLog", "no proof that the release stands in the log") : undefined;
  }

  /** A key that is not known, or a root that is over, may be the sign of a newer root: it is asked for, once. */
  #orRoot(refused: Refusal, manifest: NativeManifest | undefined): CheckInStep {
    const mayHelp = refused.reason === "keyUnknown" || refused.reason === "rootExpired";
    if (!mayHelp || this.#isRootFresh) return { kind: "refused", refusal: refused, manifest };
    this.#isRootFresh = true;
    return this.#asks("root", []);
  }

  #asksForNewerRoot(): CheckInStep {
    this.#isRootFresh = true;
    this.#isRootOptional = true;
    return this.#asks("root", []);
  }

  #asks(what: "root" | "manifest", queries: readonly string[]): CheckInStep {
    this.#asked = what;
    const { product } = this.#input.asking;
    const path = what === "root" ? ["m", product, "root"] : ["m", product];
    return { kind: "asks", request: { code: Code.GET, path, queries } };
  }
}

/** Whether the server cannot for the moment, and says nothing of what was asked. */
export function isPutOff(code: Code): boolean {
  return classOf(code) === 5 || code === Code.TOO_MANY_REQUESTS;
}

function figuresOf({ uptimeSeconds, boots, radioLevel }: CheckInExchangeInput["told"]): ReadonlyMap<number, number> {
  const figures = new Map<number, number>([[Figure.UPTIME, uptimeSeconds]]);
  if (boots !== undefined) figures.set(Figure.BOOTS, boots);
  if (radioLevel !== undefined) figures.set(Figure.RADIO_LEVEL, radioLevel);
  return figures;
}
