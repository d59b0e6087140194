// Why a device does not install what it was offered, or fell back. LwM2M has few numbers, and none for a replay, an expiry,
// another class or a freeze: each reason has a name of its own, and the number that comes nearest.

/** LwM2M 1.1 E.6, Update Result; 10 and 11 are those of LwM2M 1.2. */
export const UpdateResult = {
  INITIAL: 0,
  SUCCESS: 1,
  NOT_ENOUGH_FLASH: 2,
  OUT_OF_MEMORY: 3,
  CONNECTION_LOST: 4,
  INTEGRITY_CHECK_FAILED: 5,
  UNSUPPORTED_PACKAGE: 6,
  INVALID_URI: 7,
  UPDATE_FAILED: 8,
  UNSUPPORTED_PROTOCOL: 9,
  CANCELLED: 10,
  DEFERRED: 11,
} as const;

export const UPDATE_RESULT_MAX = UpdateResult.DEFERRED;

/** LwM2M 1.1 E.6, State. */
export const UpdateState = { IDLE: 0, DOWNLOADING: 1, DOWNLOADED: 2, UPDATING: 3 } as const;

export const UPDATE_STATE_MAX = UpdateState.UPDATING;

const RESULTS = {
  /** The signature fits neither the bytes nor the key that they name. */
  signatureWrong: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** Signed by a key that this device was never told to believe in this role. */
  keyUnknown: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** Signed by a key that the trust root no longer names. */
  keyRevoked: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** Not in the format, or beyond its bounds. */
  malformed: UpdateResult.UNSUPPORTED_PACKAGE,
  anotherProduct: UpdateResult.UNSUPPORTED_PACKAGE,
  anotherClass: UpdateResult.UNSUPPORTED_PACKAGE,
  /** A replay or a downgrade: no higher than what is installed. */
  sequenceOld: UpdateResult.UPDATE_FAILED,
  manifestExpired: UpdateResult.UPDATE_FAILED,
  /** A ticket that answers another check-in. */
  nonceDiffers: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** A ticket that was made for another device. */
  anotherDevice: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** Its lifetime is over, counted from the nonce by the device's own uptime. */
  ticketExpired: UpdateResult.UPDATE_FAILED,
  /** The manifest is not the one of the ticket. */
  manifestDiffers: UpdateResult.INTEGRITY_CHECK_FAILED,
  tooLarge: UpdateResult.NOT_ENOUGH_FLASH,
  /** The image is not the one of the manifest. */
  digestDiffers: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** It is encrypted, and for no key that this device has. */
  noKeyForThisDevice: UpdateResult.UNSUPPORTED_PACKAGE,
  /** Its key is wrapped for this device, and does not open with the device's own. */
  contentKeyWrong: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** It does not authenticate under its key. */
  ciphertextWrong: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** The class asks for a proof that the release stands in the log, and there was none. */
  notInLog: UpdateResult.INTEGRITY_CHECK_FAILED,
  proofWrong: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** Fewer of the trust root's witnesses than it asks for have seen the log as the proof has it. */
  notWitnessed: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** The log holds a newer release than the server has offered for days, or its tickets have stopped. */
  frozen: UpdateResult.CONNECTION_LOST,
  /** The manifest of a way back is for another running image. */
  notForRunningImage: UpdateResult.UPDATE_FAILED,
  securityCounterLow: UpdateResult.UPDATE_FAILED,
  /** The server answered the check-in without a ticket: "nothing new" is signed as well. */
  noTicket: UpdateResult.INTEGRITY_CHECK_FAILED,
  /** A trust root that is no newer than the one that the device has. */
  rootOld: UpdateResult.INTEGRITY_CHECK_FAILED,
  rootExpired: UpdateResult.INTEGRITY_CHECK_FAILED,
  bootFailed: UpdateResult.UPDATE_FAILED,
  healthCheckFailed: UpdateResult.UPDATE_FAILED,
  /** Booted, and could not reach the server: a retry, and no failure of the release. */
  noContact: UpdateResult.CONNECTION_LOST,
  powerLost: UpdateResult.UPDATE_FAILED,
  storageFailed: UpdateResult.UPDATE_FAILED,
} as const;

export type Reason = keyof typeof RESULTS;

export const REASONS = Object.keys(RESULTS) as readonly Reason[];

export function isReason(text: string): text is Reason {
  return Object.hasOwn(RESULTS, text);
}

/** The nearest LwM2M Update Result. */
export function updateResultFor(reason: Reason): number {
  return RESULTS[reason];
}

/** Why something is refused: the reason, and in words what was met. */
export interface Refusal {
  readonly reason: Reason;
  readonly detail: string;
}

export function refusal(reason: Reason, detail: string): Refusal {
  return { reason, detail };
}
