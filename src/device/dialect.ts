// How a kind of device downloads. Our own way, and four that are in the field, so that a network can be tuned for the
// devices that it has.

import { ACK_TIMEOUT_MS, DEFAULT_TRANSMISSION_PARAMETERS, type TransmissionParameters } from "../coap/parameters.ts";
import { type CipherSuite, cipherSuiteNamed, DEFAULT_CIPHER_SUITES } from "../dtls/cipher-suite.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../dtls/parameters.ts";

export type DialectName = "own" | "zephyr" | "riot" | "ncs" | "libcoap";

/** How the DTLS stack of a kind of device shakes hands: docs/links.md 5 says where the figures are from. */
export interface DialectHandshake
  extends Pick<
    DtlsParameters,
    | "retransmitMs"
    | "retransmitMaxMs"
    | "copyDueMs"
    | "retransmissionsMax"
    | "handshakeRetransmissionsMax"
    | "arrivalSlackMs"
    | "answersRepeatedFlight"
    | "learnsRoundTrip"
    | "flightDatagramLengthMax"
    | "backedOffDatagramLengthMax"
    | "resendsRecordsApart"
  > {
  /** Bytes of the datagram with the first hello, where a stack's own is longer than ours. */
  readonly helloLength?: number;
  /** Whole handshakes, one after the other, and how long each may take, ms; without it one, as long as its flights take. */
  readonly attemptsMs?: readonly number[];
  /** Whether CoAP's MAX_RETRANSMIT limits the retransmissions of the handshake too. */
  readonly followsMaxRetransmit: boolean;
}

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
   * How long it waits for an answer to a request while it knows nothing of the link, ms. One that learns waits no longer than
   * the round trip asks for once it knows that, so that a long first wait costs little.
   */
  readonly firstTimeoutMs: number;
  readonly handshake: DialectHandshake;
  /** In order of preference. */
  readonly cipherSuites: readonly CipherSuite[];
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

/** What devices of today speak (RFC 7925 4.2); the shortest handshake and the shortest records. */
const STOCK_CIPHER_SUITES: readonly CipherSuite[] = [cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!];

/** RFC 7925 11 has 9 s for NB-IoT and its like. */
const OWN_FIRST_TIMEOUT_MS = 9_000;

const OWN_HANDSHAKE: DialectHandshake = {
  ...DTLS_PARAMETERS,
  retransmitMs: OWN_FIRST_TIMEOUT_MS,
  // Between the timer's copies of after 27 and 63 s: a server that is back after 30 s is asked before anybody is told that it
  // is silent.
  copyDueMs: 5 * OWN_FIRST_TIMEOUT_MS,
  followsMaxRetransmit: false,
};

/** What a stack may put into a datagram of 1,280 bytes of IPv6. */
const STOCK_DATAGRAM_LENGTH_MAX = 1_232;

/** Each flight waits 1, 2, 4 ... 32 s and 60 s. */
const DOUBLING_HANDSHAKE: DialectHandshake = {
  retransmitMs: 1_000,
  retransmitMaxMs: 60_000,
  copyDueMs: Number.POSITIVE_INFINITY,
  retransmissionsMax: 6,
  handshakeRetransmissionsMax: Number.POSITIVE_INFINITY,
  arrivalSlackMs: Number.NEGATIVE_INFINITY,
  answersRepeatedFlight: true,
  learnsRoundTrip: false,
  flightDatagramLengthMax: STOCK_DATAGRAM_LENGTH_MAX,
  // What theirs back off to is longer than any flight that they send here.
  backedOffDatagramLengthMax: STOCK_DATAGRAM_LENGTH_MAX,
  resendsRecordsApart: false,
  followsMaxRetransmit: false,
};

const MBED_TLS_HANDSHAKE: DialectHandshake = { ...DOUBLING_HANDSHAKE, helloLength: 105 };

/** RIOT sends no flight again: a whole handshake has 1 s, the next one 2 s, and the last one 4 s. */
const RIOT_HANDSHAKE: DialectHandshake = {
  ...DOUBLING_HANDSHAKE,
  retransmitMs: 60_000,
  retransmissionsMax: 0,
  attemptsMs: [1_000, 2_000, 4_000],
};

/** OpenSSL's timer begins anew with 1 s at each flight; libcoap ends the handshake at the fifth timeout of all flights. */
const LIBCOAP_HANDSHAKE: DialectHandshake = {
  ...DOUBLING_HANDSHAKE,
  retransmissionsMax: DEFAULT_TRANSMISSION_PARAMETERS.maxRetransmit,
  handshakeRetransmissionsMax: DEFAULT_TRANSMISSION_PARAMETERS.maxRetransmit,
  // Its hello offers all suites and groups that OpenSSL has.
  helloLength: 265,
  resendsRecordsApart: true,
  arrivalSlackMs: 15,
  answersRepeatedFlight: false,
  followsMaxRetransmit: true,
};

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  own: {
    name: "own",
    blockSize: "auto",
    window: "auto",
    saysBlockSizeFirst: true,
    timer: "learning",
    firstTimeoutMs: OWN_FIRST_TIMEOUT_MS,
    handshake: OWN_HANDSHAKE,
    cipherSuites: DEFAULT_CIPHER_SUITES,
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
    handshake: MBED_TLS_HANDSHAKE,
    cipherSuites: STOCK_CIPHER_SUITES,
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
    handshake: RIOT_HANDSHAKE,
    cipherSuites: STOCK_CIPHER_SUITES,
    resumes: false,
    reconnections: 0,
    waits: false,
    connectionId: false,
    tokenLength: 4,
  },
  // nRF Connect SDK's downloader: 512 bytes unless configured, 4 retransmissions, 3 reconnections from where it was.
  ncs: {
    name: "ncs",
    blockSize: 512,
    window: 1,
    saysBlockSizeFirst: true,
    timer: DEFAULT_TRANSMISSION_PARAMETERS,
    firstTimeoutMs: ACK_TIMEOUT_MS,
    handshake: MBED_TLS_HANDSHAKE,
    cipherSuites: STOCK_CIPHER_SUITES,
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
    handshake: LIBCOAP_HANDSHAKE,
    cipherSuites: STOCK_CIPHER_SUITES,
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
  /**
   * RFC 7252 4.8's ACK_TIMEOUT where the timer is that one, else the first guess of the one that learns, and then of the
   * handshake too unless that has its own.
   */
  readonly ackTimeoutSeconds?: number;
  /** The first wait for the answer to a flight of the handshake. */
  readonly dtlsTimeoutSeconds?: number;
  /** RFC 7252 4.8's MAX_RETRANSMIT; means nothing to a timer that learns. */
  readonly maxRetransmit?: number;
}

export function dialectWith(dialect: Dialect, settings: DialectSettings): Dialect {
  const { blockSize = dialect.blockSize, window = dialect.window, ackTimeoutSeconds } = settings;
  const learns = dialect.timer === "learning";
  const { dtlsTimeoutSeconds = learns ? ackTimeoutSeconds : undefined, maxRetransmit } = settings;
  const firstTimeoutMs = ackTimeoutSeconds === undefined ? dialect.firstTimeoutMs : milliseconds(ackTimeoutSeconds);
  const timer =
    dialect.timer === "learning"
      ? dialect.timer
      : { ...dialect.timer, ackTimeoutMs: firstTimeoutMs, ...(maxRetransmit !== undefined && { maxRetransmit }) };
  const handshake = handshakeWith(dialect.handshake, dtlsTimeoutSeconds, maxRetransmit);
  // What was told a size says it at once: libcoap's coap-client with -b.
  const saysBlockSizeFirst = dialect.saysBlockSizeFirst || blockSize !== dialect.blockSize;
  return { ...dialect, blockSize, window, saysBlockSizeFirst, timer, firstTimeoutMs, handshake };
}

function handshakeWith(
  handshake: DialectHandshake,
  dtlsTimeoutSeconds: number | undefined,
  maxRetransmit: number | undefined,
): DialectHandshake {
  const limits =
    handshake.followsMaxRetransmit && maxRetransmit !== undefined
      ? { retransmissionsMax: maxRetransmit, handshakeRetransmissionsMax: maxRetransmit }
      : {};
  if (dtlsTimeoutSeconds === undefined) return { ...handshake, ...limits };
  const firstMs = milliseconds(dtlsTimeoutSeconds);
  // A stack that gives a handshake its time as a whole gives it so much, and no flight less.
  const attemptsMs = handshake.attemptsMs?.map((_, i) => firstMs * 2 ** i);
  const retransmitMs = attemptsMs?.at(-1) ?? firstMs;
  const retransmitMaxMs = Math.max(handshake.retransmitMaxMs, retransmitMs);
  return { ...handshake, ...limits, ...(attemptsMs && { attemptsMs }), retransmitMs, retransmitMaxMs };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
