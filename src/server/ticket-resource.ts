// `/t`: a device checks in, and is told by a signed ticket what it shall run, or that there is nothing new. What that is, is a
// question: whoever decides may have to ask a disk. The ticket answers one nonce of one device; without one, or without its
// signature, a device believes nothing.

import { EMPTY, latin1Of } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import { BytesBody, ContentFormat } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Question } from "../coap/question.ts";
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

/** What is to be decided before a device that checked in is answered. */
export interface CheckInQuestion extends Question {
  /** Empty on plain CoAP. */
  readonly identity: Uint8Array;
  readonly checkIn: CheckIn;
}

/** What a device that checked in shall do. */
export interface CheckInDecision {
  /** SHA-256 of the manifest of what it shall run from now on; absent for nothing new. */
  readonly offered?: Uint8Array | undefined;
  /** What its ticket calls the newest where nothing is offered; the newest of the product and class when absent. */
  readonly newest?: number | undefined;
  /** Seconds until it is expected again. */
  readonly comeAgain: number;
}

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
  /** While those who wait for a question are answered: what was decided. */
  #outcome: CheckInOutcome | undefined;

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

  respond({ segments }: ResourcePath, request: Request<Association>, now: Instant): Response | CheckInQuestion {
    if (segments.length !== 1) return { code: Code.NOT_FOUND };
    const { association } = request;
    const identity = association instanceof Session ? association.identity : EMPTY;
    const question = `checkIn ${identity.length} ${latin1Of(identity)}${latin1Of(request.payload)}`;
    if (this.#outcome?.question.question === question) return this.#settled(association, this.#outcome, now);
    const posted = postedBy(request, CHECK_IN_LENGTH_MAX, decodeCheckIn);
    if (!posted.ok) return posted.error;
    const checkIn = posted.value;
    const refusal = this.#access.refusalOf(association, checkIn.product, checkIn.class);
    if (refusal !== undefined) return refusal;
    if (!(association instanceof Session)) this.#outlet.strangerAsks();
    return { question, identity, checkIn };
  }

  /** Runs `answer` while those who asked this are told what was decided. */
  settle(question: CheckInQuestion, decision: CheckInDecision | Unavailable, answer: () => void): void {
    this.#outcome = { question, decision };
    answer();
    this.#outcome = undefined;
  }

  #settled(association: Association, { question: { checkIn }, decision }: CheckInOutcome, now: Instant): Response {
    if (decision === "unavailable") return UNAVAILABLE;
    const { releases } = this.#maker;
    const release = decision.offered && releases.byDigest(checkIn.product, decision.offered);
    const newest = release ?? releases.current(checkIn.product, checkIn.class);
    // What was decided a moment ago may not have been read here yet, or not be offered any more.
    const isGone = decision.offered !== undefined && release === undefined;
    if (isGone || release === "unavailable" || newest === "unavailable") return UNAVAILABLE;
    const newestNumber = (release === undefined ? decision.newest : undefined) ?? newest?.sequenceNumber ?? 0;
    const body = this.#answer(association, checkIn, { release, newestNumber, comeAgain: decision.comeAgain }, now);
    this.#outlet.checkedIn(association, checkIn, release?.version);
    return { code: Code.CHANGED, body: new BytesBody(ContentFormat.CBOR, body) };
  }

  #answer(
    association: Association,
    checkIn: CheckIn,
    { release, newestNumber, comeAgain }: Told,
    now: Instant,
  ): Uint8Array {
    const { releases, key } = this.#maker;
    const identity = association instanceof Session ? association.identity : EMPTY;
    const ticket: Ticket = {
      nonce: checkIn.nonce,
      device: deviceName(this.#crypto, identity),
      manifestDigest: release?.digest,
      sequenceNumber: newestNumber,
      lifetime: TICKET_LIFETIME,
      issued: this.#maker.unixSeconds(now),
      comeAgain,
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

interface Told {
  readonly release: OfferedRelease | undefined;
  readonly newestNumber: number;
  readonly comeAgain: number;
}

interface CheckInOutcome {
  readonly question: CheckInQuestion;
  readonly decision: CheckInDecision | Unavailable;
}
