// One device of a simulation: the real FirmwareDevice, or TwoSlotDevice, with its flash chips, behind a link and a NAT, and what is watched of it.

import { equal, toUtf8 } from "../src/base/bytes.ts";
import type { Deadlined } from "../src/base/deadlined.ts";
import { addMs, earliest, type Instant } from "../src/base/instant.ts";
import { type PeerAddress, peerAddress, portOf } from "../src/base/peer-address.ts";
import type { Secret } from "../src/base/secret.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import type { DeviceEvent, DeviceStatistics } from "../src/device/device-event.ts";
import type { Dialect } from "../src/device/dialect.ts";
import { FirmwareDevice } from "../src/device/firmware-device.ts";
import { progressLengthFor } from "../src/device/image-slot.ts";
import { MemoryFlash } from "../src/device/memory-flash.ts";
import type { ServerContactInput } from "../src/device/server-contact.ts";
import type { SlotEvent } from "../src/device/slots/slot-event.ts";
import { TwoSlotDevice } from "../src/device/slots/two-slot-device.ts";
import type { DtlsParameters } from "../src/dtls/parameters.ts";
import type { DrawnImage } from "./drawn-image.ts";
import type { SimulatedTrust } from "./drawn-trust.ts";
import { Link } from "./link/link.ts";
import { NatBinding } from "./link/nat-binding.ts";
import type { SharedMedium } from "./link/shared-medium.ts";
import type { Prng } from "./prng.ts";
import type { Direction, LinkProfile } from "./profiles/profile.ts";
import { SlotChips, type SlotsInput } from "./slot-chips.ts";
import type { Trace } from "./trace.ts";
import { TransmissionLedger } from "./transmission-ledger.ts";

/** Of the chips that devices have. */
const PAGE_LENGTH = 4096;

/** A device that goes on after its update, as those of a fleet do: it never ends. */
export interface EndlessDevice extends SlotsInput {
  readonly identity: string;
  /** From one check-in to the next, whatever its server says, ms; as its server says when absent. */
  readonly intervalMs?: number;
  event(now: Instant, event: SlotEvent): void;
}

export interface SimulatedDeviceOutlet {
  /** True when the server discarded something of it. */
  reachesServer(now: Instant, from: PeerAddress, datagram: Uint8Array): boolean;
  ended(): void;
  /** Deadlines may have changed. */
  touched(): void;
  violated(what: string): void;
}

export interface SimulatedDeviceInput {
  readonly number: number;
  readonly startsAt: Instant;
  readonly profile: LinkProfile;
  readonly dialect: Dialect;
  readonly image: DrawnImage;
  readonly key: Secret;
  readonly server: PeerAddress;
  readonly crypto: CryptoProvider;
  readonly random: Prng;
  readonly medium?: SharedMedium;
  readonly dtlsParameters?: Partial<DtlsParameters>;
  readonly trace?: Trace;
  /** For a device with two slots, which checks in, tries what it is offered and confirms it; one download when absent. */
  readonly trust?: SimulatedTrust;
  /** With `trust`: it ends with its update when absent. */
  readonly endless?: EndlessDevice;
  readonly outlet: SimulatedDeviceOutlet;
}

export interface Outcome {
  readonly kind: "done" | "failed";
  /** When it ended. */
  readonly at: Instant;
  /** Since the device began, seconds; of a trusted update until the reboot. */
  readonly seconds: number;
  /** Of a trusted update: from the reboot to the first contact, and until the server knows that it is confirmed, seconds. */
  readonly contactSeconds?: number;
  readonly confirmedSeconds?: number;
  /** Why it failed. */
  readonly detail: string;
}

export class SimulatedDevice implements Deadlined {
  readonly link: Link;
  readonly nat: NatBinding;
  readonly #host: string;
  readonly ledger = new TransmissionLedger();
  outcome: Outcome | undefined;
  readonly #input: SimulatedDeviceInput;
  readonly #slot: MemoryFlash;
  readonly #progress: MemoryFlash;
  /** Datagrams that the link has delivered: it delivers the very same one again where it duplicates. */
  readonly #delivered = new WeakSet<Uint8Array>();
  /** For the trace: what is inside of what was sealed. */
  readonly #messages = new WeakMap<Uint8Array, Uint8Array>();
  /** The datagram that the server is answering. */
  #reachingServer: Uint8Array | undefined;
  readonly #chips: SlotChips;
  #device: FirmwareDevice | TwoSlotDevice | undefined;
  #rebootedAt: Instant | undefined;
  #contactSeconds: number | undefined;
  #boots = 0;
  #startedAt: Instant | undefined;
  #heldLength = 0;
  #checkInAt: Instant | undefined;

  constructor(input: SimulatedDeviceInput) {
    this.#input = input;
    this.#slot = chipFor(input.image.length);
    this.#progress = chipFor(progressLengthFor(this.#slot.length, PAGE_LENGTH));
    this.#chips = new SlotChips(this.#slot, this.#progress, input.endless);
    const { profile, random, medium } = input;
    this.nat = new NatBinding(profile.natTimeoutSeconds, random.fork("nat"));
    this.#host = hostNumbered(input.number);
    this.link = new Link(
      profile,
      random.fork("link"),
      {
        deliver: (now, direction, datagram) => this.#deliver(now, direction, datagram),
        dropped: (now, direction, reason) => this.#input.trace?.dropped(now, input.number, direction, reason),
      },
      medium,
    );
  }

  get statistics(): DeviceStatistics | undefined {
    return this.#device?.statistics;
  }

  /** How many bytes of the image are in flash. */
  get heldLength(): number {
    return this.#heldLength;
  }

  pollTimeout(): Instant | undefined {
    if (this.#startedAt === undefined) return this.#input.startsAt;
    return this.outcome === undefined ? earliest(this.#device?.pollTimeout(), this.#checkInAt) : undefined;
  }

  handleTimeout(now: Instant): void {
    if (this.#startedAt === undefined) this.boot(now);
    else this.#device?.handleTimeout(now);
    if (this.#checkInAt !== undefined && now >= this.#checkInAt) this.#checkIn(now);
    this.#drain(now);
  }

  /** Starts the device, or starts it again: what was in memory is gone, what was in flash is there. */
  boot(now: Instant): void {
    const intervalMs = this.#input.endless?.intervalMs;
    if (this.#startedAt === undefined && intervalMs !== undefined) this.#checkInAt = addMs(now, intervalMs);
    this.#startedAt ??= now;
    const { number, server, key, image, dialect, crypto, random, trace, dtlsParameters, trust, endless } = this.#input;
    const contact: ServerContactInput = {
      server,
      security: {
        identity: toUtf8(endless?.identity ?? `d${number}`),
        key,
        cipherSuites: dialect.cipherSuites,
        connectionId: new Uint8Array(0),
      },
      dialect,
      crypto,
      random: random.fork(`boot ${this.#boots++}`),
      ...(dtlsParameters && { dtlsParameters }),
      tap: (datagram, message) => {
        if (trace !== undefined) this.#messages.set(datagram, message);
        this.ledger.requestSent(datagram, message);
      },
    };
    const download = { path: image.path, queries: [], slot: this.#slot, progress: this.#progress };
    this.#device = trust
      ? this.#chips.start(now, trust, contact)
      : new FirmwareDevice(now, { ...contact, ...download });
    this.#drain(now);
  }

  /** The server sent to an address that is, or was, this device's; with the CoAP message inside where there is one. */
  handleServerDatagram(now: Instant, to: PeerAddress, datagram: Uint8Array, message: Uint8Array | undefined): void {
    const passes = this.nat.admitsDownlink(now, portOf(to));
    this.#input.trace?.sent(now, this.#input.number, "down", datagram, message, passes);
    if (!passes) return;
    if (this.#reachingServer !== undefined) this.ledger.answerSent(this.#reachingServer, datagram);
    this.link.send(now, "down", datagram);
    this.#input.outlet.touched();
  }

  #deliver(now: Instant, direction: Direction, datagram: Uint8Array): void {
    const again = this.#delivered.has(datagram);
    this.#delivered.add(datagram);
    if (direction === "up") this.#deliverUp(now, datagram, again);
    else this.#deliverDown(now, datagram, again);
    this.#drain(now);
  }

  #deliverUp(now: Instant, datagram: Uint8Array, again: boolean): void {
    const { outlet } = this.#input;
    this.#reachingServer = datagram;
    const discarded = outlet.reachesServer(now, peerAddress(this.#host, this.nat.portForUplink(now)), datagram);
    this.#reachingServer = undefined;
    if (again && !discarded) outlet.violated("the server accepted a record twice");
  }

  #deliverDown(now: Instant, datagram: Uint8Array, again: boolean): void {
    const before = this.#device?.statistics;
    this.#device?.handleDatagram(now, datagram);
    this.ledger.answerDelivered(datagram);
    const after = this.#device?.statistics;
    const accepted = before?.blocks !== after?.blocks || before?.duplicates !== after?.duplicates;
    if (again && accepted) this.#input.outlet.violated("the device accepted a record twice");
  }

  #drain(now: Instant): void {
    const device = this.#device;
    if (device === undefined) return;
    for (let datagram = device.pollTransmit(); datagram !== undefined; datagram = device.pollTransmit()) {
      this.#input.trace?.sent(now, this.#input.number, "up", datagram, this.#messages.get(datagram), true);
      this.link.send(now, "up", datagram);
    }
    if (device instanceof TwoSlotDevice) {
      for (let event = device.pollEvent(); event !== undefined; event = device.pollEvent()) {
        this.#handleSlotEvent(now, device, event);
      }
    } else {
      for (let event = device.pollEvent(); event !== undefined; event = device.pollEvent())
        this.#handleEvent(now, event);
    }
    this.#input.outlet.touched();
  }

  #handleEvent(now: Instant, event: DeviceEvent): void {
    switch (event.kind) {
      case "block":
        this.#heldLength = event.held;
        return;
      case "done":
        this.#checkImage(event.sha256);
        return this.#end(now, "done", "");
      case "refused":
        return this.#end(now, "failed", event.detail);
      case "unanswered":
        return this.#end(now, "failed", "unanswered");
      case "handshakeFailed":
        if (!event.retrying) this.#end(now, "failed", `handshake: ${event.error} ${event.detail}`);
        return;
      default:
        return;
    }
  }

  #checkIn(now: Instant): void {
    this.#checkInAt = addMs(this.#checkInAt!, this.#input.endless!.intervalMs!);
    if (this.#device instanceof TwoSlotDevice) this.#device.checkInNow(now);
  }

  #handleSlotEvent(now: Instant, device: TwoSlotDevice, event: SlotEvent): void {
    const { endless } = this.#input;
    if (endless !== undefined) return this.#goOn(now, device, event, endless);
    switch (event.kind) {
      case "contact":
        if (event.event.kind === "block") this.#heldLength = event.event.held;
        if (event.event.kind === "done") this.#checkImage(event.event.sha256);
        return;
      case "reboot":
        this.#rebootedAt = now;
        return this.boot(now);
      case "healthCheckWanted":
        device.handleHealth(now, true);
        return this.#drain(now);
      case "contacted":
        this.#contactSeconds = event.ms / 1_000;
        return;
      case "idle":
        if (this.#contactSeconds !== undefined) return this.#end(now, "done", "");
        return;
      case "refused":
      case "fellBack":
        return this.#end(now, "failed", event.reason);
      case "contactFailed":
        return this.#end(now, "failed", event.detail);
      default:
        return;
    }
  }

  #goOn(now: Instant, device: TwoSlotDevice, event: SlotEvent, endless: EndlessDevice): void {
    endless.event(now, event);
    if (event.kind === "reboot") return this.boot(now);
    if (event.kind !== "healthCheckWanted") return;
    device.handleHealth(now, true);
    this.#drain(now);
  }

  /** What must hold above all: the image in flash is the image that was published. */
  #checkImage(sha256: Uint8Array): void {
    const { image, outlet } = this.#input;
    if (!image.equals(this.#slot.read(0, image.length))) outlet.violated("the image in flash is another one");
    if (!equal(sha256, image.sha256)) outlet.violated("the digest is another one");
  }

  #end(now: Instant, kind: Outcome["kind"], detail: string): void {
    if (this.outcome !== undefined) return;
    const rebootedAt = this.#rebootedAt;
    this.outcome = {
      kind,
      at: now,
      seconds: ((rebootedAt ?? now) - this.#startedAt!) / 1000,
      ...(this.#contactSeconds !== undefined && { contactSeconds: this.#contactSeconds }),
      ...(rebootedAt !== undefined && { confirmedSeconds: (now - rebootedAt) / 1000 }),
      detail,
    };
    this.#input.outlet.ended();
  }
}

/** A flash chip of whole pages that holds `length` bytes. */
function chipFor(length: number): MemoryFlash {
  return new MemoryFlash(Math.ceil(length / PAGE_LENGTH) * PAGE_LENGTH, PAGE_LENGTH);
}

/** An address of its own for each device, as if each had a NAT to itself. */
function hostNumbered(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}
