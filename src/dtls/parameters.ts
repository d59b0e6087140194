// The numbers of the DTLS core: timers of RFC 6347 4.2.4.1 and the maximum of everything that a peer can grow.

/** DTLS 1.2 on the wire (RFC 6347 4.1). */
export const DTLS_1_2 = 0xfefd;

/** DTLS 1.0: in the record of a first hello, and in every HelloVerifyRequest (RFC 6347 4.2.1). */
export const DTLS_1_0 = 0xfeff;

/**
 * Every datagram of our handshake flights. RIOT's receive buffer for the handshake is this small, and a lost fragment
 * costs less air than a lost large datagram.
 */
export const HANDSHAKE_DATAGRAM_LENGTH_MAX = 160;

/** And of a flight that was sent twice in vain: with the headers of IPv6 and UDP it passes where no more than 176 bytes do. */
export const HANDSHAKE_DATAGRAM_LENGTH_SMALL = 128;

/** What we send in one UDP datagram: IPv6's least MTU of 1280 less 40 bytes of IPv6 and 8 of UDP. */
export const DATAGRAM_LENGTH_MAX = 1232;

/** Records read from one datagram; a flight of three messages and its reply never come near. */
export const RECORDS_PER_DATAGRAM_MAX = 16;

/** RFC 6347 4.1: the ciphertext of a record, 2^14 bytes of plaintext and what protection may add. */
export const RECORD_FRAGMENT_LENGTH_MAX = 2 ** 14 + 2048;

/** The plaintext of a record (RFC 5246 6.2.1); also the record_size_limit that we state (RFC 8449). */
export const PLAINTEXT_LENGTH_MAX = 2 ** 14;

/** A handshake message that we are ready to reassemble. The largest expected is a ClientHello full of extensions. */
export const HANDSHAKE_MESSAGE_LENGTH_MAX = 2048;

/** Messages held while an earlier one is missing: a client's flight 5 has two, a server's flight 4 three. */
export const HANDSHAKE_MESSAGES_AHEAD_MAX = 4;

/** Bytes of all these messages: a hello, and what little may come ahead of its end. 10,000 half-open handshakes hold 30 MiB. */
export const HANDSHAKE_HELD_LENGTH_MAX = 3_072;

/** Separate pieces of one message under reassembly; a peer that cuts finer than this begins anew. */
export const HANDSHAKE_FRAGMENTS_MAX = 32;

/** Records of the next epoch held until its keys are there (RFC 6347 4.1: may be buffered). */
export const HELD_RECORDS_MAX = 4;

/** A held record: a Finished has 80 bytes under CBC, and a few more where a peer pads generously. */
export const HELD_RECORD_LENGTH_MAX = 160;

/** ClientHellos of one handshake: 0, 1 after HelloVerifyRequest, and more where cookies expired on the way. */
export const CLIENT_HELLO_MESSAGE_SEQ_MAX = 3;

/** RFC 4279 5.3: identities up to 128 bytes. */
export const PSK_IDENTITY_LENGTH_MAX = 128;

/**
 * Handshakes at one address, which one client may have begun and others in its name: whoever sees a cookie on its way can
 * send a hello with it. Of more, one by random choice gives way.
 */
export const HANDSHAKES_PER_ADDRESS_MAX = 4;

/**
 * Each cookie secret is used this long and accepted as long again, so a cookie lives this long at least: a device at a
 * round trip of 60 s that loses its hello a few times still shows one that holds.
 */
export const COOKIE_SECRET_LIFETIME_MS = 300_000;

/** A longer Connection ID in each record to the peer is more air than either side gains; RFC 9146 3 has up to 255. */
export const CONNECTION_ID_LENGTH_MAX = 32;

/** RFC 8449 4: an endpoint must not ask for less. */
export const RECORD_SIZE_LIMIT_MIN = 64;

/**
 * Sequence numbers that a session which is written down may use before it is written down again. What the next process takes
 * up begins behind them.
 */
export const SEQUENCE_NUMBERS_RESERVED = 2 ** 12;

/** A session with fewer numbers than this left is written down at once. */
export const SEQUENCE_NUMBERS_FEW = SEQUENCE_NUMBERS_RESERVED / 2;

/** Records that wait for numbers, over all sessions, and their bytes. */
export const WAITING_RECORDS_MAX = 1_024;
export const WAITING_RECORD_LENGTH_MAX = 2 ** 20;

/** How many peers a second are told that their sessions are gone. */
export const LOST_SESSION_ALERTS_PER_SECOND_MAX = 1_000;

/** A client that was told so believes it enough to shake hands beside its association, and not again for so long. */
export const PROBE_INTERVAL_MS = 60_000;

/** How many records ago a record was sent that such an alert may answer. */
export const PROBE_RECORDS_MAX = 64;

/** How long the last flight can be asked for again: 2 MSL (RFC 6347 4.2.4, RFC 793: MSL = 120 s). */
export const LAST_FLIGHT_LIFETIME_MS = 240_000;

/** How often the last flight is sent again for one session. */
export const LAST_FLIGHT_RESENDS_MAX = 8;

/**
 * A hello in a record above this is dropped: our answer begins at its number (RFC 6347 4.2.1), and counts up from there. No
 * client comes near by itself.
 */
export const HELLO_SEQUENCE_NUMBER_MAX = 2 ** 47;

/** Sessions of one identity that can be resumed; the oldest gives way. */
export const RESUMABLE_PER_IDENTITY_MAX = 4;

/** RFC 9853 2, the anti-amplification limit: so many times the bytes that came from an address go to it before it is proven. */
export const UNPROVEN_BYTES_FACTOR = 3;

/**
 * Records of application data that a session sends in a minute to hosts that cannot be asked for a proof; as many at once. A
 * device on a link with a round trip of 100 ms that asks for block after block needs no more.
 */
export const UNPROVEN_ANSWERS_PER_MINUTE_MAX = 600;

/** How soon an unproven address may be asked again, ms, and twice as late each time. RFC 9853 5.5: 1 s for an unknown path. */
export const PATH_CHALLENGE_INTERVAL_MS = 1_000;

/** Challenges whose answers are awaited; of more the oldest is forgotten. */
export const PATH_CHALLENGES_MAX = 8;

/** A session without a record for so long gives back its cipher contexts, which a microsecond makes again. */
export const SESSION_BUSY_MS = 10_000;

/** What one DTLS server or client may hold and how long it waits; a test reaches each of them with small ones. */
export interface DtlsParameters {
  /**
   * First retransmission of a flight, ms. RFC 6347 4.2.4.1 has 1 s for the Internet, RFC 7925 11 has 9 s; NB-IoT's round
   * trip of 1 to 2 s would make copies of every flight with the former and stalls minutes on loss with the latter.
   */
  readonly retransmitMs: number;
  /** No wait is longer, ms. */
  readonly retransmitMaxMs: number;
  /**
   * A flight that was sent so long ago, ms, and got no answer, goes once more beside its timer and in no count of
   * retransmissions; infinite where none does.
   */
  readonly copyDueMs: number;
  /** Retransmissions of one flight. A client then gives up; a server goes on waiting for the client's next word. */
  readonly retransmissionsMax: number;
  /** Retransmissions by the timer of all flights of a handshake; some clients in the field count them together. */
  readonly handshakeRetransmissionsMax: number;
  /**
   * A datagram that comes so many ms before a flight is due again has it sent again at once, and is in nobody's count: OpenSSL
   * looks at its own timer first. Negative and infinite where an arrival changes nothing.
   */
  readonly arrivalSlackMs: number;
  /** Whether a flight goes again too when the peer repeats its own (RFC 6347 4.2.4); OpenSSL waits for its timer. */
  readonly answersRepeatedFlight: boolean;
  /** Whether the round trip of one flight says how long to wait for the answer to the next; else each waits `retransmitMs`. */
  readonly learnsRoundTrip: boolean;
  /** Bytes of a datagram of a flight. */
  readonly flightDatagramLengthMax: number;
  /** The same of a flight that was sent twice and got no answer (RFC 6347 4.1.1.1: then records shall become smaller). */
  readonly backedOffDatagramLengthMax: number;
  /** Whether a flight that is sent again goes in a datagram for each record, as OpenSSL and GnuTLS do it. */
  readonly resendsRecordsApart: boolean;
  /**
   * A handshake that has not finished by then is dropped, ms. A LoRaWAN device that may send for one percent of the time
   * is silent for minutes between two flights; what is half open costs little, and gives way where there is too much of it.
   */
  readonly handshakeLifetimeMs: number;
  /** Half-open handshakes; one of a network that holds more of them than it has earned gives way. */
  readonly handshakesMax: number;
  /**
   * Established sessions. One of the newcomer's own identity gives way, or one of an identity that has others; where every
   * session is the only one of its identity, the newcomer is refused.
   */
  readonly sessionsMax: number;
  /** Sessions of one identity, unless its key is shared; the least recently used gives way. */
  readonly sessionsPerIdentityMax: number;
  /** Sessions that hold cipher contexts, some 2 KiB each; the least recently used gives way. */
  readonly busySessionsMax: number;
  /** A session without an authentic record for so long ends, ms. Devices with a Connection ID sleep for hours. */
  readonly sessionIdleMs: number;
  /**
   * Records from a peer's own address that may fail authentication over a session's life, and as many from others (RFC
   * 6347 4.1.2.7; see admission/failed-openings.ts). The session then ends, or is heard from its own address alone.
   */
  readonly authenticationFailuresMax: number;
  /** So many of them at once, and then one more each time that so many ms went by. */
  readonly authenticationFailuresAtOnce: number;
  readonly authenticationFailureEveryMs: number;
  /** How many times dearer a stranger's work is than with the native parts; see admission/work-budget.ts. */
  readonly strangersCostFactor: number;
  /**
   * Records sealed under one set of keys; the session then ends, and the peer shakes hands anew. RFC 9147 4.5.3 computes 2^23
   * records of 2^14 bytes for AES-CCM and 2^24.5 for AES-GCM, and what counts is the square of all bytes: records of
   * DATAGRAM_LENGTH_MAX are 2^3.7 times shorter. It is far from 2^48, where numbers would begin anew (RFC 6347 4.1).
   */
  readonly sealedRecordsMax: number;
  /** Sessions that can be resumed by their ID, up or not, some 300 bytes each; the oldest gives way. */
  readonly resumableSessionsMax: number;
  /** How long after its full handshake a session can be resumed, ms (RFC 5246 F.1.4: 24 hours at most). */
  readonly resumptionMs: number;
}

export const DTLS_PARAMETERS: DtlsParameters = {
  retransmitMs: 2_000,
  retransmitMaxMs: 60_000,
  copyDueMs: Number.POSITIVE_INFINITY,
  retransmissionsMax: 5,
  handshakeRetransmissionsMax: Number.POSITIVE_INFINITY,
  arrivalSlackMs: Number.NEGATIVE_INFINITY,
  answersRepeatedFlight: true,
  learnsRoundTrip: true,
  flightDatagramLengthMax: HANDSHAKE_DATAGRAM_LENGTH_MAX,
  backedOffDatagramLengthMax: HANDSHAKE_DATAGRAM_LENGTH_SMALL,
  resendsRecordsApart: false,
  handshakeLifetimeMs: 1_800_000,
  handshakesMax: 10_000,
  sessionsMax: 1_000_000,
  sessionsPerIdentityMax: 8,
  busySessionsMax: 16_384,
  sessionIdleMs: 24 * 3_600_000,
  authenticationFailuresMax: 2 ** 23,
  authenticationFailuresAtOnce: 2 ** 22,
  authenticationFailureEveryMs: 8_000,
  strangersCostFactor: 1,
  sealedRecordsMax: 2 ** 26,
  resumableSessionsMax: 32_768,
  resumptionMs: 24 * 3_600_000,
};
