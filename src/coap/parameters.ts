// Transmission parameters of RFC 7252 4.8, the times derived from them (4.8.2), and every limit that keeps a peer from
// growing our tables.

export const ACK_TIMEOUT_MS = 2_000;
export const ACK_RANDOM_FACTOR = 1.5;
export const MAX_RETRANSMIT = 4;
export const MAX_LATENCY_MS = 100_000;
export const PROCESSING_DELAY_MS = ACK_TIMEOUT_MS;

/** What RFC 7252 4.8 lets an application adjust for its network. */
export interface TransmissionParameters {
  readonly ackTimeoutMs: number;
  readonly ackRandomFactor: number;
  readonly maxRetransmit: number;
}

export const DEFAULT_TRANSMISSION_PARAMETERS: TransmissionParameters = {
  ackTimeoutMs: ACK_TIMEOUT_MS,
  ackRandomFactor: ACK_RANDOM_FACTOR,
  maxRetransmit: MAX_RETRANSMIT,
};

/** From the first transmission of a CON to its last retransmission: 45 s with the defaults. */
export function maxTransmitSpanMs({ ackTimeoutMs, ackRandomFactor, maxRetransmit }: TransmissionParameters): number {
  return ackTimeoutMs * (2 ** maxRetransmit - 1) * ackRandomFactor;
}

/** From the first transmission of a CON until its sender gives up: 93 s with the defaults. */
export function maxTransmitWaitMs({ ackTimeoutMs, ackRandomFactor, maxRetransmit }: TransmissionParameters): number {
  return ackTimeoutMs * (2 ** (maxRetransmit + 1) - 1) * ackRandomFactor;
}

/**
 * How long a server waits for the answer to a CON before it sends the empty ACK in its place: well before the client would
 * repeat the request (ACK_TIMEOUT), so that most late answers are still piggybacked.
 */
export const PIGGYBACK_DELAY_MAX_MS = 1_500;
/** How long a request waits for its answer at most: MAX_TRANSMIT_WAIT, after which a client has given it up. */
export const WAITING_LIFETIME_MS = maxTransmitWaitMs(DEFAULT_TRANSMISSION_PARAMETERS);
/** RFC 7252 5.9.3.4: the Max-Age of 5.03, seconds after which a client may try again. */
export const RETRY_AFTER_SECONDS = 10;

/** How long duplicates of a NON are known: 145 s. */
export const NON_LIFETIME_MS = maxTransmitSpanMs(DEFAULT_TRANSMISSION_PARAMETERS) + MAX_LATENCY_MS;
/** How long the Message ID of a CON is not used again, and its duplicates are known: 247 s. */
export const EXCHANGE_LIFETIME_MS =
  maxTransmitSpanMs(DEFAULT_TRANSMISSION_PARAMETERS) + 2 * MAX_LATENCY_MS + PROCESSING_DELAY_MS;

/**
 * How long an Echo value is good for at least (RFC 9175 leaves it open): two round trips of the slowest link that we know,
 * a minute each. It is good for twice as long at most.
 */
export const ECHO_PERIOD_MS = 120_000;
/** How often a CoapClient repeats one request with the Echo value that it was given. */
export const ECHO_REPEAT_MAX = 2;

/** RFC 7641 4.5: how long an observer is not asked by a confirmable notification whether it is still there. */
export const OBSERVE_PROBE_MS = 86_400_000;

/** Largest block of RFC 7959 over UDP, in bytes. */
export const BLOCK_SIZE_MAX = 1_024;

/** More options than any sensible request has; a datagram with more is a message format error. */
export const OPTION_COUNT_MAX = 256;

/**
 * A longer request is refused with 4.13 and remembered nowhere. RFC 7252 4.6 has 1152 bytes for a message on an unknown
 * path; a body that is longer comes in blocks.
 */
export const REQUEST_LENGTH_MAX = 4_096;

/** Different options of requests that are known as read: a fleet's devices share a handful for each image. */
export const KNOWN_OPTIONS_MAX = 4_096;
/** Bytes of them, what they were read into included. */
export const KNOWN_OPTIONS_LENGTH_MAX = 4 * 2 ** 20;

/** Associations whose rate is known: one that is forgotten may get a second's worth of its rate once more. */
export const RATED_ASSOCIATIONS_MAX = 65_536;

/** Expired entries leave at the latest this long after their time, so that idle tables cause few wake-ups. */
export const EXPIRY_SLACK_MS = 10_000;

/** What one object, its place in two tables and its small byte strings cost beyond the bytes themselves. */
export const ENTRY_OVERHEAD_LENGTH = 640;

/** Limits of one CoapServer; all lengths in bytes. */
export interface CoapServerLimits {
  /** Answers kept for resending, of one association; older ones are cut out of their bodies anew. */
  readonly resendCountMax: number;
  /** Bytes of requests and answers kept for resending, over all associations. */
  readonly resendLengthMax: number;
  /** Request bodies being gathered by Block1, of one association. */
  readonly gatheredCountMax: number;
  /** Bytes of request bodies being gathered, over all associations. */
  readonly gatheredLengthMax: number;
  /** Bodies that answer a POST or the like and are being fetched by Block2, of one association. */
  readonly answerBodyCountMax: number;
  /** Bytes of such bodies over all associations. */
  readonly answerBodyLengthMax: number;
  /** Bytes for Message ID counters, over all associations; one needs ENTRY_OVERHEAD_LENGTH. */
  readonly messageIdLengthMax: number;
  /** Requests whose answers are not there yet, of one association. */
  readonly waitingCountMax: number;
  /** Bytes of such requests over all associations. */
  readonly waitingLengthMax: number;
  /** Bytes for knowing who takes separate responses, over all associations; one needs ENTRY_OVERHEAD_LENGTH. */
  readonly takesSeparateLengthMax: number;
  /** Observers (RFC 7641) of one association. */
  readonly observerCountMax: number;
  /** Bytes of observers over all associations; one needs ENTRY_OVERHEAD_LENGTH and its request. */
  readonly observerLengthMax: number;
  /** Separate responses that wait for acknowledgement or for their turn, of one association. */
  readonly separateCountMax: number;
  /** The same over all associations. */
  readonly separateTotalMax: number;
}

const MIB = 2 ** 20;

export const DEFAULT_COAP_SERVER_LIMITS: CoapServerLimits = {
  resendCountMax: 8,
  resendLengthMax: 48 * MIB,
  gatheredCountMax: 4,
  gatheredLengthMax: 16 * MIB,
  answerBodyCountMax: 4,
  answerBodyLengthMax: 16 * MIB,
  messageIdLengthMax: 16 * MIB,
  waitingCountMax: 64,
  waitingLengthMax: 8 * MIB,
  takesSeparateLengthMax: MIB,
  observerCountMax: 8,
  observerLengthMax: MIB,
  separateCountMax: 16,
  separateTotalMax: 4_096,
};

/** Requests of one CoapClient that may wait for their responses at once. */
export const OUTSTANDING_REQUEST_COUNT_MAX = 1_024;
/** Bytes of acknowledgements that one CoapClient keeps for repeated separate responses. */
export const CLIENT_RESEND_LENGTH_MAX = 2 ** 18;
