// The server's last flight, which the client may ask for again for a while (RFC 6347 4.2.4), and all of them in the order
// of their ends: since all may be asked for as long, that is the order in which they were sent, and a list does.

import { bytesOfLatin1, concat, isLatin1, latin1Of } from "../../base/bytes.ts";
import { addMs, type Instant } from "../../base/instant.ts";
import { LAST_FLIGHT_LIFETIME_MS, LAST_FLIGHT_RESENDS_MAX } from "../parameters.ts";
import { WriteState } from "../record/connection-state.ts";
import type { FlightItem } from "./handshake-exchange.ts";
import { type HandshakeMessage, HandshakeType } from "./handshake-message.ts";

const VERIFY_DATA_LENGTH = 12;

/** Whoever has a last flight, for as long as it may be asked for. */
export interface LastFlightHolder {
  lastFlight: LastFlight | undefined;
}

/** ChangeCipherSpec and Finished: no more than it takes to make them again, for those whom they were sent to may sleep. */
export class LastFlight {
  resendsLeft = LAST_FLIGHT_RESENDS_MAX;
  readonly endsAt: Instant;
  /** Whose it is, while it is in LastFlights; and its neighbours there. */
  holder: LastFlightHolder | undefined;
  earlier: LastFlight | undefined;
  later: LastFlight | undefined;
  readonly #messageSeq: number;
  readonly #peerMessageSeq: number;
  /** Our verify_data and the peer's, one character a byte. */
  readonly #verifyData: string;
  #plainSequenceNumber: number;

  /** `finished` is ours, `peerFinished` the one that it answers; `plain` the state that ChangeCipherSpec goes out under. */
  constructor(now: Instant, plain: WriteState, finished: HandshakeMessage, peerFinished: HandshakeMessage) {
    this.endsAt = addMs(now, LAST_FLIGHT_LIFETIME_MS);
    this.#plainSequenceNumber = plain.nextSequenceNumber;
    this.#messageSeq = finished.messageSeq;
    this.#peerMessageSeq = peerFinished.messageSeq;
    this.#verifyData = latin1Of(concat(finished.body, peerFinished.body));
  }

  /** Whether the peer's Finished is the one that this flight answers, come again. */
  answers(messageSeq: number, verifyData: Uint8Array): boolean {
    return messageSeq === this.#peerMessageSeq && isLatin1(verifyData, this.#verifyData.slice(VERIFY_DATA_LENGTH));
  }

  /** The flight again, to be sealed once. */
  again(write: WriteState): readonly FlightItem[] {
    const body = bytesOfLatin1(this.#verifyData.slice(0, VERIFY_DATA_LENGTH));
    const message = { type: HandshakeType.finished, messageSeq: this.#messageSeq, body };
    return [
      { kind: "changeCipherSpec", state: WriteState.plaintext(this.#plainSequenceNumber++) },
      { kind: "handshake", state: write, message },
    ];
  }
}

export class LastFlights {
  #first: LastFlight | undefined;
  #last: LastFlight | undefined;

  /** When forgetDue() has work to do; undefined when never. */
  get earliest(): Instant | undefined {
    return this.#first?.endsAt;
  }

  /** The one that `holder` has, which was sent after all others. */
  add(holder: LastFlightHolder): void {
    const flight = holder.lastFlight;
    if (flight === undefined) return;
    flight.holder = holder;
    flight.earlier = this.#last;
    if (this.#last === undefined) this.#first = flight;
    else this.#last.later = flight;
    this.#last = flight;
  }

  /** It can be asked for no more; nothing happens when it could not before. */
  forget(holder: LastFlightHolder): void {
    const flight = holder.lastFlight;
    if (flight === undefined) return;
    holder.lastFlight = undefined;
    const { earlier, later } = flight;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
  }

  /** Those whose time has come by now. */
  forgetDue(now: Instant): void {
    while (this.#first !== undefined && this.#first.endsAt <= now) this.forget(this.#first.holder!);
  }
}
