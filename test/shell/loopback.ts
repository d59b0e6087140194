// A server and devices on real sockets of this computer.

import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import type { DeviceEvent } from "../../src/device/device-event.ts";
import { type Dialect, dialectNamed } from "../../src/device/dialect.ts";
import type { FirmwareDeviceInput } from "../../src/device/firmware-device.ts";
import { progressLengthFor } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DeviceShell } from "../../src/shell/device-shell.ts";
import { type NewsEvent, ServerShell, type ServerShellInput } from "../../src/shell/server-shell.ts";
import { MemoryImages, MemoryKeys } from "./memory-stores.ts";

export const IDENTITY = toUtf8("meter-7");
export const KEY = toUtf8("0123456789abcdef");

const PAGE_LENGTH = 4_096;
const SLOT_LENGTH = 2 ** 25;
const PROGRESS_LENGTH = progressLengthFor(SLOT_LENGTH, PAGE_LENGTH);

export interface LoopbackServer {
  readonly shell: ServerShell;
  readonly keys: MemoryKeys;
  readonly images: MemoryImages;
  /** What it has told its log. */
  readonly events: NewsEvent[];
  /** What it has counted, as last logged. */
  readonly counters: Record<string, number>;
  readonly port: number;
}

export async function startServer(imageLength: number, input?: Partial<ServerShellInput>): Promise<LoopbackServer> {
  const keys = new MemoryKeys().add(IDENTITY, KEY);
  const images = new MemoryImages(imageLength);
  const events: NewsEvent[] = [];
  const counters: Record<string, number> = {};
  const shell = await ServerShell.start({
    images,
    keys,
    log: { event: (event) => events.push(event), counters: (counted) => Object.assign(counters, counted) },
    listen: [{ scheme: "coaps", host: "127.0.0.1", port: 0 }],
    ...input,
  });
  return { shell, keys, images, events, counters, port: shell.addresses[0]!.port };
}

export type DeviceOptions = Partial<Omit<FirmwareDeviceInput, "random" | "dialect">> & {
  /** What differs from our own device. */
  readonly dialect?: Partial<Dialect>;
  readonly identity?: Uint8Array;
  readonly key?: Uint8Array;
  /** Without DTLS. */
  readonly plain?: boolean;
  /** When it aborts, nobody waits for the device any more. */
  readonly patience?: AbortSignal;
  /** Sees each event before it is kept. */
  readonly onEvent?: (event: DeviceEvent, device: DeviceShell) => void;
};

export interface LoopbackPull {
  readonly bytes: Uint8Array;
  readonly events: readonly DeviceEvent[];
  /** The one that ended it. */
  readonly end: DeviceEvent;
  readonly retransmissions: number;
}

/** Pulls `/fw/boat/1.0` to whatever end it has. */
export async function pullFrom(port: number, options: DeviceOptions = {}): Promise<LoopbackPull> {
  const { identity = IDENTITY, key = KEY, plain = false, patience, onEvent, dialect, ...input } = options;
  const slot = options.slot ?? new MemoryFlash(SLOT_LENGTH, PAGE_LENGTH);
  const security = {
    identity,
    key: new Secret(key),
    cipherSuites: DEFAULT_CIPHER_SUITES,
    connectionId: new Uint8Array(0),
  };
  const events: DeviceEvent[] = [];
  let finish: (end: DeviceEvent) => void = () => {};
  const ended = new Promise<DeviceEvent>((resolve) => {
    finish = resolve;
  });
  const device: DeviceShell = await DeviceShell.start(
    {
      server: peerAddress("127.0.0.1", port),
      slot,
      progress: new MemoryFlash(PROGRESS_LENGTH, PAGE_LENGTH),
      ...(!plain && { security }),
      path: ["fw", "boat", "1.0"],
      queries: [],
      ...input,
      dialect: { ...dialectNamed("own"), ...dialect },
    },
    {
      event: (event) => {
        onEvent?.(event, device);
        events.push(event);
        if (isEnd(event)) finish(event);
      },
      networkFailed: () => {},
      flashFailed: (error) => {
        throw error;
      },
    },
  );
  patience?.addEventListener("abort", () => finish({ kind: "unanswered" }));
  const end = await ended;
  await device.close();
  const bytes = end.kind === "done" ? slot.read(0, end.length) : new Uint8Array(0);
  return { bytes, events, end, retransmissions: device.statistics.retransmissions };
}

function isEnd(event: DeviceEvent): boolean {
  if (event.kind === "handshakeFailed") return !event.retrying;
  return ["done", "refused", "unanswered"].includes(event.kind);
}
