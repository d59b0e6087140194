// One image from a server over whatever association there is: a window of requests, what each answer means for the next one,
// and a slot of flash that the blocks go to. It outlives associations.

import { assert } from "../base/assert.ts";
import { addMs, type Instant } from "../base/instant.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { RequestId } from "../coap/coap-client.ts";
import type { Message } from "../coap/message.ts";
import type { Option } from "../coap/option.ts";
import type { BlockSize } from "./block-size.ts";
import type { DeviceCounts } from "./device-counts.ts";
import type { DeviceEvent } from "./device-event.ts";
import type { Dialect } from "./dialect.ts";
import { type BlockRequest, Download, type DownloadStep } from "./download.ts";
import type { ImageSlot } from "./image-slot.ts";
import { Patience } from "./patience.ts";
import type { RequestWindow } from "./request-window.ts";

/**
 * Timeouts in a row without any answer until a new association is begun, and how many first timeouts these take at least:
 * as long as each is twice the one before.
 */
const SILENCES_MAX = 5;
const TIMEOUTS_SILENT_MIN = 2 + 4 + 8 + 16 + 32;

/** Requests in a row that the server acknowledged and never answered, until the association is given up. */
const BROKEN_WORDS_MAX = 2;

type Postponement = Extract<DownloadStep, { kind: "postponed" }>;

export interface TransferOutlet {
  /** Sends a GET for the image with these options. */
  ask(now: Instant, options: readonly Option[]): RequestId;
  cancel(requestId: RequestId): void;
  cancelAll(): void;
  event(event: DeviceEvent): void;
  /** A new block is in flash. */
  progressed(): void;
  /** The image is whole, or the transfer has come to nothing. */
  ended(event: DeviceEvent): void;
  /** Begins a new association, which comes back to begin(). */
  reconnect(now: Instant): void;
  /** Begins one beside the association; false where there is none to keep. */
  shakeHandsBeside(now: Instant): boolean;
  /** The server is waited for anew. */
  heard(now: Instant): void;
}

export interface TransferInput {
  readonly dialect: Dialect;
  readonly slot: ImageSlot;
  /** What is known of the link, which goes on being learned. The window is empty. */
  readonly blockSize: BlockSize;
  readonly window: RequestWindow<BlockRequest>;
  readonly counts: DeviceCounts;
  readonly random: RandomSource;
  readonly outlet: TransferOutlet;
}

export class Transfer {
  readonly #dialect: Dialect;
  readonly #slot: ImageSlot;
  readonly #blockSize: BlockSize;
  readonly #window: RequestWindow<BlockRequest>;
  readonly #counts: DeviceCounts;
  readonly #outlet: TransferOutlet;
  readonly #download: Download;
  readonly #patience: Patience;
  #ended = false;
  /** Nothing is asked for before this: the server cannot for the moment. */
  #restsUntil: Instant | undefined;
  /** Requests that were acknowledged and not answered, since the latest block. */
  #brokenWords = 0;

  constructor(input: TransferInput) {
    this.#dialect = input.dialect;
    this.#slot = input.slot;
    this.#blockSize = input.blockSize;
    this.#window = input.window;
    this.#counts = input.counts;
    this.#outlet = input.outlet;
    this.#download = new Download(input.slot, input.blockSize, input.dialect.saysBlockSizeFirst);
    this.#patience = new Patience(input.random);
  }

  /** Until when the server asked not to be asked. */
  get restsUntil(): Instant | undefined {
    return this.#restsUntil;
  }

  /** Of handleTimeout, while there is an association. */
  get deadline(): Instant | undefined {
    return this.#restsUntil ?? (this.#learns ? this.#window.deadline : undefined);
  }

  /** There is an association. */
  begin(now: Instant): void {
    if (this.#download.isWhole) this.#endWhole();
    else this.#fillWindow(now);
  }

  handleTimeout(now: Instant): void {
    this.#endRest(now);
    this.#handleSilence(now);
  }

  handleResponse(now: Instant, requestId: RequestId, message: Message): void {
    const answered = this.#window.answered(now, requestId);
    if (answered === undefined || this.#ended) return;
    for (const other of answered.others) this.#outlet.cancel(other);
    this.#counts.answered(answered.elapsedMs);
    if (this.#blockSize.answered(answered.request.szx)) this.#window.roundTrip.relearn();
    this.#handleStep(now, answered.request, this.#download.handleResponse(answered.request, message));
    if (this.#ended) return;
    if (this.#download.isWhole) return this.#endWhole();
    this.#resendOvertaken(now);
    this.#fillWindow(now);
  }

  /**
   * No answer came to a request: with RFC 7252's timer to none of its transmissions; else after the server's word that it
   * would come, which a server forgets that loses its power, and of which a NON may get lost.
   */
  handleRequestTimeout(now: Instant, requestId: RequestId): void {
    const request = this.#window.requestOf(requestId);
    for (const each of this.#window.forget(requestId)) this.#outlet.cancel(each);
    if (!this.#learns || request === undefined || ++this.#brokenWords > BROKEN_WORDS_MAX) {
      return this.#outlet.reconnect(now);
    }
    this.#counts.retransmissions++;
    this.#download.giveUp(request);
    this.#fillWindow(now);
  }

  /** The association is over: what was asked for over it is asked for over the next one. */
  handleAssociationEnd(): void {
    for (const request of this.#window.requests) this.#download.giveUp(request);
    this.#window.clear();
    this.#brokenWords = 0;
  }

  /** Nobody waits for answers any more. */
  stop(): void {
    this.#ended = true;
    this.#window.clear();
  }

  /** Whether the retransmission timer is ours and not RFC 7252's. */
  get #learns(): boolean {
    return this.#dialect.timer === "learning";
  }

  #fillWindow(now: Instant): void {
    while (!this.#ended && this.#restsUntil === undefined && this.#window.hasRoom && this.#askNext(now));
  }

  #endRest(now: Instant): void {
    if (this.#restsUntil === undefined || now < this.#restsUntil) return;
    this.#restsUntil = undefined;
    this.#outlet.heard(now);
    this.#fillWindow(now);
  }

  /** False when all that is missing is asked for. */
  #askNext(now: Instant): boolean {
    const { requests } = this.#window;
    const trialSzx = requests.some(({ szx }) => this.#blockSize.explainsLoss(szx))
      ? undefined
      : this.#blockSize.trialSzx;
    const request = this.#download.next(requests, trialSzx);
    if (request === undefined) {
      assert(this.#window.size > 0, "the image is not whole, and nothing more is asked for");
      return false;
    }
    if (request.szx === trialSzx) this.#blockSize.tried();
    this.#send(now, request);
    return true;
  }

  #send(now: Instant, request: BlockRequest): void {
    this.#counts.requests++;
    this.#window.sent(now, this.#ask(now, request), request);
  }

  #ask(now: Instant, request: BlockRequest): RequestId {
    return this.#outlet.ask(now, this.#download.optionsFor(request));
  }

  #handleStep(now: Instant, request: BlockRequest, step: DownloadStep): void {
    switch (step.kind) {
      case "refused":
        return this.#end(step);
      case "restart":
        this.#outlet.cancelAll();
        this.#window.clear();
        this.#outlet.event({ kind: "restarted" });
        return this.#handleStep(now, request, step.first);
      case "nothing":
        this.#counts.duplicates++;
        return;
      case "postponed":
        if (!this.#postpone(now, request, step)) this.#end({ kind: "refused", detail: step.detail });
        return;
      case "block":
        this.#counts.blocks++;
        this.#brokenWords = 0;
        this.#patience.handleBlock();
        this.#outlet.progressed();
        this.#outlet.event({ ...step, held: this.#slot.held.covered, total: this.#slot.expectedLength });
    }
  }

  /** Asks for nothing more before the server can again. False where nobody waits that long. */
  #postpone(now: Instant, request: BlockRequest, { seconds, detail }: Postponement): boolean {
    if (!this.#dialect.waits) return false;
    this.#download.giveUp(request);
    // The answers to what was asked for meanwhile say the same once more.
    if (this.#restsUntil !== undefined) return true;
    const waitMs = this.#patience.waitMs(seconds);
    if (waitMs === undefined) return false;
    this.#restsUntil = addMs(now, waitMs);
    this.#outlet.event({ kind: "postponed", detail, waitMs });
    return true;
  }

  #resendOvertaken(now: Instant): void {
    if (!this.#learns || this.#restsUntil !== undefined) return;
    const take = () => this.#window.takeOvertaken(now, ({ szx }) => this.#blockSize.explainsLoss(szx));
    for (let id = take(); id !== undefined; id = take()) this.#resend(now, id);
  }

  #handleSilence(now: Instant): void {
    if (!this.#learns || this.#restsUntil !== undefined) return;
    const probes = this.#window.takeSilent(now);
    const { silences } = this.#window;
    const isForlorn = silences > SILENCES_MAX && this.#window.timeoutsSilent(now) >= TIMEOUTS_SILENT_MIN;
    if (isForlorn && !this.#outlet.shakeHandsBeside(now)) return this.#outlet.reconnect(now);
    const [oldest, ...others] = probes;
    if (oldest === undefined) return;
    // Where blocks of this size have come, the first silence is rather an outage's.
    const mayComeOfSize = silences > (this.#blockSize.hasPassed ? 1 : 0) && this.#blockSize.isSuspect;
    if (!mayComeOfSize || !this.#askInPieces(now, oldest)) this.#resend(now, oldest);
    for (const id of others) this.#resend(now, id);
  }

  /** Beside the block that got no answer, which may be late only. False where it is too small for pieces. */
  #askInPieces(now: Instant, id: RequestId): boolean {
    const { offset, szx, explicit } = this.#window.requestOf(id)!;
    if (!explicit || szx < this.#blockSize.szx) return false;
    for (const piece of this.#blockSize.search(szx)) {
      this.#send(now, { offset: offset + piece.offset, szx: piece.szx, explicit });
    }
    return true;
  }

  /** The same request again; or, where blocks have become smaller meanwhile, one for a smaller block. */
  #resend(now: Instant, id: RequestId): void {
    const request = this.#window.requestOf(id)!;
    if (this.#blockSize.lost(request.szx)) this.#window.roundTrip.relearn();
    this.#counts.retransmissions++;
    if (request.szx <= this.#blockSize.szx) {
      const givenUp = this.#window.resent(now, id, this.#ask(now, request));
      if (givenUp !== undefined) this.#outlet.cancel(givenUp);
      return;
    }
    for (const each of this.#window.forget(id)) this.#outlet.cancel(each);
    this.#download.giveUp(request);
    this.#askNext(now);
  }

  #endWhole(): void {
    this.#end({ kind: "done", length: this.#slot.length!, sha256: this.#slot.digest() });
  }

  #end(event: DeviceEvent): void {
    if (!this.#ended) this.#outlet.ended(event);
  }
}
