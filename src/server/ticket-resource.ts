// `/t`: a device checks in, and is told by a signed ticket what it shall run, or that there is nothing new. The ticket answers
// one nonce of one device; without one, or without its signature, a device believes nothing.

import { EMPTY } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import { BytesBody, ContentFormat } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { SigningKey } from "../crypto/signature.ts";
import { Session } from "../dtls/session/session.ts";
import type { OfferedRelease, Releases, Unavailable } from "../firmware/releases.ts";
import { CHECK_IN_LENGTH_MAX, type CheckIn, decodeCheckIn, encodeCheckInAnswer } from "../manifest/check-in.ts";
import { SIGNED_TICKET, sign } from "../manifest/signed-object.ts";
import { deviceName, type Ticket } from "../manifest/ticket.ts";
import { type Access, UNAVAILABLE } from "./access.ts";
import type { Association } from "./association.ts";
import { postedBy, refusalOfPost } from "./posted.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment, and all of it. */
export const TICKET_ROOT = "t";

/** Seconds that a ticket is good for, counted from its nonce: a day, for a download over the slowest link begins within it. */
export const TICKET_LIFETIME = 86_400;

/** Seconds after which a device is expected again, counted from its own check-in, so that a fleet stays spread. */
export const COME_AGAIN = 21_600;

/** What a server needs to make tickets. */
export interface TicketMaker {
  readonly releases: Releases;
  /** The server's own. */
  readonly key: SigningKey;
  /** Seconds since 1970. */
  unixSeconds(now: Instant): number;
}

export interface TicketResourceOutlet {
  /** A check-in was answered; `offered` is the version, undefined for nothing new. */
  checkedIn(association: Association, checkIn: CheckIn, offered: string | undefined): void;
  /** A ticket is about to be signed for somebody without a session. */
  strangerAsks(): void;
}

export class TicketResource implements Resource {
  readonly #crypto: CryptoProvider;
  readonly #maker: TicketMaker;
  readonly #access: Access;
  readonly #outlet: TicketResourceOutlet;

  constructor(crypto: CryptoProvider, maker: TicketMaker, access: Access, outlet: TicketResourceOutlet) {
    this.#crypto = crypto;
    this.#maker = maker;
    this.#access = access;
    this.#outlet = outlet;
  }

  admit({ segments }: ResourcePath, request: Request<Association>): PlainResponse | number {
    if (segments.length !== 1) return { code: Code.NOT_FOUND };
    return refusalOfPost(request) ?? CHECK_IN_LENGTH_MAX;
  }

  respond({ segments }: ResourcePath, request: Request<Association>, now: Instant): Response {
    if (segments.length !== 1) return { code: Code.NOT_FOUND };
    const posted = postedBy(request, CHECK_IN_LENGTH_MAX, decodeCheckIn);
    if (!posted.ok) return posted.error;
    const { association } = request;
    const checkIn = posted.value;
    const refusal = this.#access.refusalOf(association, checkIn.product, checkIn.class);
    if (refusal !== undefined) return refusal;
    const unixSeconds = this.#maker.unixSeconds(now);
    const offer = this.#offerFor(checkIn, unixSeconds);
    if (offer === "unavailable") return UNAVAILABLE;
    if (!(association instanceof Session)) this.#outlet.strangerAsks();
    const body = this.#answer(association, checkIn, offer, unixSeconds);
    this.#outlet.checkedIn(association, checkIn, offer.release?.version);
    return { code: Code.CHANGED, body: new BytesBody(ContentFormat.CBOR, body) };
  }

  /** A way back first: whoever it is for runs what nobody shall run. */
  #offerFor({ product, class: className, sequenceNumber, runningSha256 }: CheckIn, unixSeconds: number): Offer {
    const { releases } = this.#maker;
    const back = runningSha256 && releases.wayBack(product, className, runningSha256);
    const current = releases.current(product, className);
    if (back === "unavailable" || current === "unavailable") return "unavailable";
    for (const release of [back, current]) {
      const isGood = release?.notAfter === undefined || release.notAfter >= unixSeconds;
      if (release !== undefined && isGood && release.sequenceNumber > sequenceNumber)
        return { release, newest: release };
    }
    return { release: undefined, newest: current };
  }

  #answer(
    association: Association,
    checkIn: CheckIn,
    { release, newest }: Exclude<Offer, Unavailable>,
    issued: number,
  ): Uint8Array {
    const { releases, key } = this.#maker;
    const identity = association instanceof Session ? association.identity : EMPTY;
    const ticket: Ticket = {
      nonce: checkIn.nonce,
      device: deviceName(this.#crypto, identity),
      manifestDigest: release?.digest,
      sequenceNumber: newest?.sequenceNumber ?? 0,
      lifetime: TICKET_LIFETIME,
      issued,
      comeAgain: COME_AGAIN,
      log: releases.logHead(),
    };
    const wanted = checkIn.manifestWanted ? release : undefined;
    return encodeCheckInAnswer({
      ticket: sign(SIGNED_TICKET, key, ticket),
      manifest: wanted?.manifest,
      proof: wanted && releases.proof(checkIn.product, checkIn.class, wanted.digest),
    });
  }
}

type Offer =
  | { readonly release: OfferedRelease | undefined; readonly newest: OfferedRelease | undefined }
  | Unavailable;
