// How a kind of device downloads. Our own way, and four that are in the field, so that a network can be tuned for the
// devices that it has.

import { ACK_TIMEOUT_MS, DEFAULT_TRANSMISSION_PARAMETERS, type TransmissionParameters } from "../coap/parameters.ts";

export type DialectName = "own" | "zephyr" | "riot" | "ncs" | "libcoap";

export interface Dialect {
  readonly name: DialectName;
  /** Bytes that it asks for; "auto" begins with the largest and steps down where blocks get lost. */
  readonly blockSize: number | "auto";
  /** Requests at a time. */
  readonly window: number | "auto";
  /** Whether the first request says the block size (RFC 7959 2.4: early negotiation). */
  readonly saysBlockSizeFirst: boolean;
  /** RFC 7252 4.2's timer with these parameters, or one that learns. */
  readonly timer: TransmissionParameters | "learning";
  /**
   * How long it waits for an answer while it knows nothing of the link, ms: for a DTLS flight, and with a learning timer for
   * a request. Once it knows the round trip it waits no longer than that asks for, so that a long first wait costs little.
   */
  readonly firstTimeoutMs: number;
  /** Whether it keeps what it has when it has to begin anew: a new handshake after silence, or a reboot. */
  readonly resumes: boolean;
  /** New handshakes after a request that nobody answered, before it gives up. */
  readonly reconnections: number;
  /** Whether it waits and asks again where the server cannot for the moment (5.03, 4.29 ...); else it gives up. */
  readonly waits: boolean;
  /** RFC 9146. */
  readonly connectionId: boolean;
  /** Bytes of a token over DTLS. */
  readonly tokenLength: 2 | 4;
}

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  own: {
    name: "own",
    blockSize: "auto",
    window: "auto",
    saysBlockSizeFirst: true,
    timer: "learning",
    // RFC 7925 11, for NB-IoT and its like.
    firstTimeoutMs: 9_000,
    resumes: true,
    reconnections: 8,
    waits: true,
    connectionId: true,
    tokenLength: 2,
  },
  // Zephyr's coap_client and LwM2M pull: 256 bytes unless configured, 2 s, 4 retransmissions; no resume of its own.
  zephyr: {
    name: "zephyr",
    blockSize: 256,
    window: 1,
    saysBlockSizeFirst: true,
    timer: DEFAULT_TRANSMISSION_PARAMETERS,
    firstTimeoutMs: ACK_TIMEOUT_MS,
    resumes: false,
    reconnections: 0,
    waits: false,
    connectionId: false,
    tokenLength: 4,
  },
  // RIOT's nanocoap under suit: 64 bytes, 2 s, 4 retransmissions; tinydtls has no Connection ID.
  riot: {
    name: "riot",
    blockSize: 64,
    window: 1,
    saysBlockSizeFirst: true,
    timer: DEFAULT_TRANSMISSION_PARAMETERS,
    firstTimeoutMs: ACK_TIMEOUT_MS,
    resumes: false,
    reconnections: 0,
    waits: false,
    connectionId: false,
    tokenLength: 4,
  },
  // nRF Connect SDK's downloader: 1024 bytes, 4 retransmissions, 3 reconnections from where it was.
  ncs: {
    name: "ncs",
    blockSize: 1024,
    window: 1,
    saysBlockSizeFirst: true,
    timer: DEFAULT_TRANSMISSION_PARAMETERS,
    firstTimeoutMs: ACK_TIMEOUT_MS,
    resumes: true,
    reconnections: 3,
    waits: false,
    connectionId: false,
    tokenLength: 4,
  },
  // libcoap's coap-client: the server's block size, RFC 7252's timers, one try.
  libcoap: {
    name: "libcoap",
    blockSize: 1024,
    window: 1,
    saysBlockSizeFirst: false,
    timer: DEFAULT_TRANSMISSION_PARAMETERS,
    firstTimeoutMs: ACK_TIMEOUT_MS,
    resumes: false,
    reconnections: 0,
    waits: false,
    connectionId: false,
    tokenLength: 4,
  },
};

export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[];

export function dialectNamed(name: DialectName): Dialect {
  return DIALECTS[name];
}

/** What an operator may set on a device, each the dialect's own when absent. */
export interface DialectSettings {
  readonly blockSize?: number | "auto";
  readonly window?: number | "auto";
  /** RFC 7252 4.8's ACK_TIMEOUT where the timer is that one, else the first guess of the one that learns; DTLS's too. */
  readonly ackTimeoutSeconds?: number;
}

export function dialectWith(dialect: Dialect, settings: DialectSettings): Dialect {
  const { blockSize = dialect.blockSize, window = dialect.window, ackTimeoutSeconds } = settings;
  if (ackTimeoutSeconds === undefined) return { ...dialect, blockSize, window };
  const firstTimeoutMs = Math.round(ackTimeoutSeconds * 1000);
  const timer = dialect.timer === "learning" ? dialect.timer : { ...dialect.timer, ackTimeoutMs: firstTimeoutMs };
  return { ...dialect, blockSize, window, timer, firstTimeoutMs };
}
