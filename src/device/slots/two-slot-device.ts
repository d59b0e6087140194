// A device with two slots, from one start to the next: it checks in, checks what it is offered, downloads it beside the image
// that runs, and asks its bootloader to try it; on trial it confirms itself once it is well and has reached its server, or
// gives way. All that has to outlive the start is in flash, and each change there is one that a power cut may part from the
// next. It performs no I/O; its surface is ServerContact's, and handleHealth() besides. docs/device.md tells the whole story.

import { EMPTY, equal } from "../../base/bytes.ts";
import type { Deadlined } from "../../base/deadlined.ts";
import { Fifo } from "../../base/fifo.ts";
import { addMs, earliest, type Instant } from "../../base/instant.ts";
import { randomBytes, randomFraction } from "../../base/random-source.ts";
import { Code, formatCode } from "../../coap/code.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import { Figure } from "../../manifest/figure.ts";
import { encodeInstallReport, REPORT_ID_LENGTH } from "../../manifest/install-report.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import type { OwnKey } from "../../manifest/payload-encryption.ts";
import {
  type Reason,
  type Refusal,
  refusal,
  UpdateResult,
  UpdateState,
  updateResultFor,
} from "../../manifest/reason.ts";
import { deviceName, NONCE_LENGTH_MIN } from "../../manifest/ticket.ts";
import type { DeviceEvent, DeviceStatistics } from "../device-event.ts";
import { eraseAll, type Flash } from "../flash.ts";
import { ServerContact, type ServerContactInput } from "../server-contact.ts";
import { attemptsAfter } from "./attempts.ts";
import { type Bootloader, otherSlot } from "./bootloader.ts";
import { CheckInExchange, type CheckInStep, isPutOff, type Told } from "./check-in-exchange.ts";
import { imageOf } from "./described-image.ts";
import type { Attempts, Candidate, DeviceMemory, ImageDescription, PendingReport } from "./device-memory.ts";
import { EncryptedSlot } from "./encrypted-slot.ts";
import { FreezeWatch } from "./freeze-watch.ts";
import { MemoryRecord } from "./memory-record.ts";
import { type Offer, slotFault } from "./slot-check.ts";
import type { SlotEvent } from "./slot-event.ts";
import { DEFAULT_SLOT_POLICY, type SlotPolicy } from "./slot-policy.ts";
import { type Start, startOf } from "./start.ts";
import { TrustAnchors } from "./trust-anchors.ts";

/** Waits are longer than they must be by up to this share. */
const SPREAD = 0.1;

export interface TwoSlotDeviceInput extends ServerContactInput {
  readonly product: string;
  readonly class?: string;
  /** Of the maker, which the device was made with. */
  readonly makerKey: VerificationKey;
  readonly bootloader: Bootloader;
  readonly slots: readonly [Flash, Flash];
  /** Of the download: see ImageSlot. */
  readonly progress: Flash;
  /** SEALED_PAGES pages of MEMORY_PAGE_LENGTH_MIN bytes or more. */
  readonly memory: Flash;
  /** What is installed where nothing was ever updated. */
  readonly factory: ImageDescription;
  readonly policy?: Partial<SlotPolicy>;
  /** What a check-in tells besides, asked for each time; nothing when absent. */
  readonly tells?: () => Told;
  /** Whether nothing is installed that no log of the trust root has; false when absent. */
  readonly asksForLog?: boolean;
  /** Whether no server's signature is checked, but the maker's alone (a class's `maker-only`); false when absent. */
  readonly checksMakerAlone?: boolean;
  /** Opens images that are encrypted; none is taken when absent. */
  readonly decryptionKey?: OwnKey;
}

/** What the contact is busy with, and what follows. */
type Errand =
  | { readonly kind: "checkIn"; readonly exchange: CheckInExchange }
  | ({ readonly kind: "download"; readonly goodUntil: Instant } & Offer)
  /** On trial: whatever the server answers shows that it was reached. */
  | { readonly kind: "contact"; readonly until: Instant }
  /** `isKept`: the report is on the record until the server has it. */
  | { readonly kind: "report"; readonly isKept: boolean };

export class TwoSlotDevice implements Deadlined {
  readonly #input: TwoSlotDeviceInput;
  readonly #policy: SlotPolicy;
  readonly #startedAt: Instant;
  readonly #record: MemoryRecord;
  readonly #anchors: TrustAnchors;
  readonly #contact: ServerContact;
  readonly #freeze: FreezeWatch;
  readonly #events = new Fifo<SlotEvent>();
  #errand: Errand | undefined;
  /** When there is something to do again; undefined while something is under way. */
  #wakesAt: Instant | undefined;
  #checkInAt: Instant;
  #comeAgainMs: number;
  /** Check-ins in a row that came to nothing. */
  #failures = 0;
  /** Contacts on trial that came to nothing. */
  #contactsInVain = 0;
  /** What a refusal tells the server: once, and not beyond this start. */
  #refusalReport: PendingReport | undefined;
  #toldRefusal = "";
  /** The digest of the image that was downloaded since this start, and is in the other slot. */
  #whole: Uint8Array = EMPTY;
  /** Nothing is done any more: the next start is waited for. */
  #isRebooting = false;

  /** One object for each start. It begins at once. */
  constructor(now: Instant, input: TwoSlotDeviceInput) {
    this.#input = input;
    this.#policy = { ...DEFAULT_SLOT_POLICY, ...input.policy };
    this.#startedAt = now;
    this.#checkInAt = now;
    this.#comeAgainMs = this.#policy.checkInMs;
    this.#record = new MemoryRecord(input.memory, input.crypto, input.factory);
    const { product, makerKey, crypto, bootloader } = input;
    this.#anchors = new TrustAnchors(crypto, product, makerKey, this.#memory.root);
    this.#freeze = new FreezeWatch(now, this.#memory.behindSeconds, this.#policy.frozenSeconds);
    this.#contact = new ServerContact(now, input);
    this.#begin(now, startOf(this.#memory, bootloader));
  }

  get statistics(): DeviceStatistics {
    return this.#contact.statistics;
  }

  /** The image that runs, or the one that it is on trial to replace. */
  get installed(): ImageDescription {
    return this.#memory.installed;
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
    this.#contact.handleDatagram(now, datagram);
    this.#drainContact(now);
  }

  handleTimeout(now: Instant): void {
    this.#contact.handleTimeout(now);
    this.#drainContact(now);
    const errand = this.#errand;
    if (errand?.kind === "contact" && now >= errand.until) {
      this.#contact.abandon();
      this.#handleFailure(now, "the server was not reached in time");
    }
    if (this.#wakesAt !== undefined && now >= this.#wakesAt) {
      this.#wakesAt = undefined;
      this.#next(now);
    }
  }

  /** Whether all is well with the image on trial, as healthCheckWanted asks. */
  handleHealth(now: Instant, isWell: boolean): void {
    if (!this.#isOnTrial || this.#errand !== undefined) return;
    if (isWell) this.#seekContact(now);
    else this.#giveWay("healthCheckFailed");
  }

  /** Somebody asks for it, such as a person at a button: it rests no longer. Does nothing while anything is under way. */
  checkInNow(now: Instant): void {
    if (this.#wakesAt === undefined || this.#isOnTrial || this.#isRebooting) return;
    this.#wakesAt = undefined;
    this.#checkInAt = now;
    this.#next(now);
  }

  /** Ends the association with close_notify; what then is to be sent is in pollTransmit. */
  close(): void {
    this.#contact.close();
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#contact.pollTransmit();
  }

  pollEvent(): SlotEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#isRebooting) return undefined;
    const until = this.#errand?.kind === "contact" ? this.#errand.until : undefined;
    return earliest(earliest(this.#contact.pollTimeout(), this.#wakesAt), until);
  }

  get #memory(): DeviceMemory {
    return this.#record.memory;
  }

  get #isOnTrial(): boolean {
    return this.#memory.candidate?.slot === this.#input.bootloader.running && !this.#isRebooting;
  }

  #begin(now: Instant, start: Start): void {
    switch (start.kind) {
      case "usual":
        return this.#next(now);
      case "onTrial":
        this.#record.update({ candidate: { ...start.candidate, hasRun: true } });
        this.#events.push({ kind: "healthCheckWanted" });
        return;
      case "confirmed":
        this.#install(start.candidate);
        return this.#next(now);
      case "tryAgain":
        return this.#try({ ...start.candidate, trials: start.candidate.trials + 1 });
      case "fellBack":
        this.#handleFallBack(now, start.candidate, start.reason);
    }
  }

  /** The candidate is in flash, and on the record before the bootloader hears of it. */
  #try(candidate: Candidate): void {
    this.#record.update({ candidate });
    this.#input.bootloader.tryOther();
    this.#reboot();
  }

  #reboot(reason?: Reason): void {
    this.#endErrand();
    this.#wakesAt = undefined;
    this.#isRebooting = true;
    this.#contact.close();
    this.#events.push({ kind: "reboot", ...(reason && { reason }) });
  }

  /** The earlier image runs again: what is known of the candidate is for the server, and for when it is offered once more. */
  #handleFallBack(now: Instant, candidate: Candidate, reason: Reason): void {
    const result = updateResultFor(reason);
    this.#record.update({
      candidate: undefined,
      attempts: this.#attemptsAfter(candidate.sequenceNumber, reason),
      report: this.#reportOf(candidate, result, reason),
    });
    this.#events.push({ kind: "fellBack", reason, result, image: imageOf(candidate) });
    this.#checkInAt = this.#later(now, this.#policy.retryMs);
    this.#next(now);
  }

  #attemptsAfter(sequenceNumber: number, reason: Reason): Attempts {
    return attemptsAfter(this.#memory.attempts, sequenceNumber, reason, this.#policy.retriesMax);
  }

  #giveWay(reason: Reason): void {
    this.#record.update({ candidate: { ...this.#memory.candidate!, verdict: reason } });
    this.#reboot(reason);
  }

  #seekContact(now: Instant): void {
    const { candidate } = this.#memory;
    this.#wakesAt = undefined;
    this.#errand = { kind: "contact", until: addMs(now, this.#policy.contactMs) };
    this.#sendReport(now, this.#reportOf(candidate!, UpdateResult.INITIAL, undefined), UpdateState.UPDATING);
  }

  #handleContact(now: Instant): void {
    this.#events.push({ kind: "contacted", ms: now - this.#startedAt });
    const { candidate } = this.#memory;
    // In this order: what is written down as installed is what the bootloader starts.
    this.#input.bootloader.confirm();
    this.#install(candidate!);
    this.#next(now);
  }

  #install(candidate: Candidate): void {
    const installed = imageOf(candidate);
    this.#record.update({
      installed,
      securityCounter: Math.max(this.#memory.securityCounter, candidate.securityCounter),
      candidate: undefined,
      attempts: undefined,
      report: this.#reportOf(candidate, UpdateResult.SUCCESS, undefined),
      behindSeconds: 0,
    });
    this.#events.push({ kind: "confirmed", image: installed });
    // The image shows soon that it goes on being well, and hears when to come again: no ticket of an earlier start counts.
    this.#checkInAt = this.#later(this.#startedAt, Math.min(this.#policy.retryMs, this.#policy.checkInMs));
  }

  /** What comes now, with nothing under way: a report that is due, a check-in, or a rest. */
  #next(now: Instant): void {
    this.#endErrand();
    if (this.#isOnTrial) return this.#seekContact(now);
    const { report } = this.#memory;
    const due = report ?? this.#refusalReport;
    if (due !== undefined) {
      this.#errand = { kind: "report", isKept: due === report };
      return this.#sendReport(now, due, UpdateState.IDLE);
    }
    if (now >= this.#checkInAt) return this.#checkIn(now);
    this.#rest(now, this.#checkInAt);
  }

  #rest(now: Instant, until: Instant): void {
    this.#endErrand();
    this.#wakesAt = until;
    this.#events.push({ kind: "idle", ms: until - now });
  }

  #endErrand(): void {
    if (this.#errand?.kind === "download") this.#errand.payload?.wipe();
    this.#errand = undefined;
  }

  #checkIn(now: Instant): void {
    const { product, class: className, bootloader, slots, crypto, random, security } = this.#input;
    const exchange = new CheckInExchange({
      asking: {
        product,
        class: className,
        deviceName: deviceName(crypto, security?.identity ?? EMPTY),
        nonce: randomBytes(random, NONCE_LENGTH_MIN),
        askedAt: now,
        slotLength: slots[otherSlot(bootloader.running)].length,
      },
      memory: this.#memory,
      running: bootloader.running,
      told: { ...this.#input.tells?.(), uptimeSeconds: this.#uptimeSeconds(now) },
      anchors: this.#anchors,
      crypto,
      asksForLog: this.#input.asksForLog ?? false,
      checksMakerAlone: this.#input.checksMakerAlone ?? false,
      decryptionKey: this.#input.decryptionKey,
    });
    this.#errand = { kind: "checkIn", exchange };
    this.#contact.request(now, exchange.request);
  }

  #drainContact(now: Instant): void {
    for (let event = this.#contact.pollEvent(); event !== undefined; event = this.#contact.pollEvent()) {
      this.#events.push({ kind: "contact", event });
      this.#handleContactEvent(now, event);
    }
  }

  #handleContactEvent(now: Instant, event: DeviceEvent): void {
    switch (event.kind) {
      case "answered":
        return this.#handleAnswer(now, event.code, event.payload);
      case "done":
        return this.#handleDownload(now, event.length, event.sha256);
      case "refused":
        return this.#handleFailure(now, event.detail);
      case "unanswered":
        return this.#handleFailure(now, "the server does not answer");
      case "handshakeFailed":
        if (!event.retrying) this.#handleFailure(now, `handshake: ${event.error}`);
    }
  }

  #handleAnswer(now: Instant, code: Code, payload: Uint8Array): void {
    const errand = this.#errand!;
    if (errand.kind === "contact") return this.#handleContact(now);
    if (errand.kind === "checkIn")
      return this.#handleStep(now, errand.exchange, errand.exchange.handleAnswer(now, code, payload));
    if (isPutOff(code)) return this.#handleFailure(now, `the server cannot for the moment (${formatCode(code)})`);
    // Whatever else it says, it has heard the report.
    if (errand.kind === "report" && errand.isKept) this.#record.update({ report: undefined });
    else this.#refusalReport = undefined;
    this.#next(now);
  }

  #handleStep(now: Instant, { rootAskedAt }: CheckInExchange, step: CheckInStep): void {
    if (step.kind === "asks") return this.#contact.request(now, step.request);
    this.#record.update({ root: this.#anchors.root, rootAskedAt });
    if ("ticket" in step) this.#comeAgainMs = Math.max(this.#policy.comeAgainMinMs, 1_000 * step.ticket.comeAgain);
    switch (step.kind) {
      case "failed":
        return this.#handleFailure(now, step.detail);
      case "nothingNew":
        this.#events.push({ kind: "nothingNew", newestSequenceNumber: step.ticket.sequenceNumber });
        return this.#settle(now, step.ticket.sequenceNumber > this.#memory.installed.sequenceNumber);
      case "refused":
        return this.#refuse(now, step.refusal, step.manifest);
      case "offered":
        return this.#handleOffer(now, step.offer, addMs(now, 1_000 * step.ticket.lifetime));
    }
  }

  /** A check-in has come to its end without an image to fetch. `isBehind`: the server has not offered what it should. */
  #settle(now: Instant, isBehind: boolean): void {
    this.#failures = 0;
    this.#checkInAt = this.#later(now, this.#comeAgainMs);
    this.#countBehind(now, isBehind);
    this.#next(now);
  }

  #countBehind(now: Instant, isBehind: boolean): void {
    const { begins, behindSeconds } = this.#freeze.count(now, isBehind);
    this.#record.update({ behindSeconds });
    if (begins) this.#tellRefusal(refusal("frozen", `nothing newer was offered for ${behindSeconds} s`), undefined);
  }

  #refuse(now: Instant, refused: Refusal, manifest: NativeManifest | undefined): void {
    this.#tellRefusal(refused, manifest);
    this.#settle(now, true);
  }

  #tellRefusal({ reason, detail }: Refusal, image: ImageDescription | undefined): void {
    const result = updateResultFor(reason);
    this.#events.push({ kind: "refused", reason, result, detail, image: image && imageOf(image) });
    // What came to nothing before was told when it did.
    const isOld = image !== undefined && this.#memory.attempts?.sequenceNumber === image.sequenceNumber;
    const told = `${image?.sequenceNumber} ${reason}`;
    if (told === this.#toldRefusal || (isOld && this.#memory.attempts?.isOver)) return;
    this.#toldRefusal = told;
    this.#refusalReport = this.#reportOf(image ?? this.#memory.installed, result, reason);
  }

  #handleOffer(now: Instant, { manifest, payload }: Offer, goodUntil: Instant): void {
    const { size, path, encryption } = manifest;
    this.#events.push({ kind: "offered", image: imageOf(manifest), size, path, transferred: encryption?.size ?? size });
    // The other slot is about to change: nobody may start it.
    this.#input.bootloader.withdraw();
    const [slot, offer] = [this.#otherSlot, { manifest, payload }];
    this.#errand = { kind: "download", ...offer, goodUntil };
    const wasWhole = this.#memory.attempts?.sequenceNumber === manifest.sequenceNumber;
    const isThere = equal(this.#whole, manifest.sha256) || (wasWhole && !slotFault(this.#input.crypto, slot, offer));
    if (isThere) return this.#switch(now, offer);
    this.#contact.download(now, {
      path: path.split("/").slice(1),
      queries: [],
      slot: payload === undefined ? slot : new EncryptedSlot(slot, payload, size),
      progress: this.#input.progress,
    });
  }

  #handleDownload(now: Instant, length: number, sha256: Uint8Array): void {
    const offer = this.#errand as Extract<Errand, { kind: "download" }>;
    const { manifest, goodUntil } = offer;
    const transferred = manifest.encryption ?? manifest;
    if (length !== transferred.size || !equal(sha256, transferred.sha256)) {
      return this.#spoil(now, manifest, refusal("digestDiffers", `${length} bytes came that are not the maker's`));
    }
    this.#whole = manifest.sha256;
    if (now <= goodUntil) return this.#switch(now, offer);
    // The download outlived its ticket: only a fresh one says that the image is still wanted.
    this.#checkInAt = now;
    this.#next(now);
  }

  /** What is in the slot is of no use: the next download begins anew. */
  #spoil(now: Instant, manifest: NativeManifest, refused: Refusal): void {
    eraseAll(this.#input.progress);
    this.#whole = EMPTY;
    this.#tellRefusal(refused, manifest);
    this.#record.update({ attempts: this.#attemptsAfter(manifest.sequenceNumber, refused.reason) });
    this.#settle(now, true);
  }

  #switch(now: Instant, offer: Offer): void {
    const { manifest } = offer;
    const { sequenceNumber, version, sha256, size, securityCounter = 0 } = manifest;
    const fault = slotFault(this.#input.crypto, this.#otherSlot, offer);
    if (fault !== undefined) return this.#spoil(now, manifest, fault);
    const slot = otherSlot(this.#input.bootloader.running);
    this.#events.push({ kind: "downloaded", slot, length: size });
    this.#try({ sequenceNumber, version, sha256, slot, securityCounter, trials: 1, hasRun: false, verdict: undefined });
  }

  get #otherSlot(): Flash {
    const { slots, bootloader } = this.#input;
    return slots[otherSlot(bootloader.running)];
  }

  #handleFailure(now: Instant, detail: string): void {
    if (this.#isRebooting) return;
    this.#events.push({ kind: "contactFailed", detail });
    if (this.#isOnTrial) {
      if (++this.#contactsInVain >= this.#policy.contactsMax) return this.#giveWay("noContact");
      return this.#rest(now, addMs(now, this.#policy.contactRestMs));
    }
    const { retryMs, checkInMs } = this.#policy;
    this.#checkInAt = this.#later(now, Math.min(checkInMs, retryMs * 2 ** this.#failures++));
    this.#countBehind(now, true);
    this.#rest(now, this.#checkInAt);
  }

  #sendReport(now: Instant, report: PendingReport, state: number): void {
    const { product, bootloader } = this.#input;
    const payload = encodeInstallReport({
      ...report,
      product,
      state,
      slot: bootloader.running,
      figures: new Map([[Figure.UPTIME, this.#uptimeSeconds(now)]]),
    });
    this.#contact.request(now, { code: Code.POST, path: ["r"], payload });
  }

  #uptimeSeconds(now: Instant): number {
    return Math.round((now - this.#startedAt) / 1_000);
  }

  #reportOf({ sequenceNumber, version }: ImageDescription, result: number, reason: Reason | undefined): PendingReport {
    const id = randomBytes(this.#input.random, REPORT_ID_LENGTH);
    return { id, sequenceNumber, version, result, reason };
  }

  /** `ms` from `since`, and a little more, so that a fleet does not come back at once. */
  #later(since: Instant, ms: number): Instant {
    return addMs(since, ms * (1 + SPREAD * randomFraction(this.#input.random)));
  }
}
