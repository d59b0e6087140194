// An operator's mistake or a trouble of the operator's disk, met by a store: thrown, caught once at the command line,
// and printed as one line. Nothing in it is secret.

export type StoreErrorCode =
  /** A user or a token of this name is there, or has to stay. */
  | "accountKnown"
  /** A name that no user or token can have. */
  | "accountName"
  /** No user, or no token, has this name. */
  | "accountUnknown"
  /** Another process holds the store's write lock. */
  | "busy"
  /** A class of devices whose name does not fit the query of a CoAP resource. */
  | "className"
  /** A line of a key file is not an identity and a key. */
  | "csvLine"
  /** A database or an image's content is not what was written. */
  | "damaged"
  /** An identity of no bytes or of more than 128 (RFC 4279 5.3), or text that stands for none. */
  | "identity"
  /** An image of no bytes, or of more than RFC 7959 can number. */
  | "imageLength"
  /** A product or version that does not fit the path of a CoAP resource. */
  | "imageName"
  /** Other bytes are published under this product and version. */
  | "imagePublished"
  /** A key of no bytes or of more than 64 (RFC 4279 5.3), or text that is not hex digits. */
  | "key"
  /** A file that is no key of ours, or that its passphrase does not open. */
  | "keyFile"
  /** The identity has another key. */
  | "keyKnown"
  /** A public key that was revoked is to be trusted again. */
  | "keyRevoked"
  /** Nothing says which trusted key is meant. */
  | "keyUnknown"
  /** A manifest or a trust root that cannot be read, or that does not belong to what it came with. */
  | "manifest"
  /** No way back was signed beside a release. */
  | "noWayBack"
  /** There is no master key, or it is not the one that the stores are sealed under. */
  | "masterKey"
  /** The data directory's path leads to something else. */
  | "notADirectory"
  /** Group or others may read or write what only the owner should. */
  | "permissions"
  /** More users or tokens than there may be. */
  | "tooManyAccounts"
  /** More keys would be trusted than there may be. */
  | "tooManyKeys"
  /** A sequence number, or the number of a trust root, that is not above the newest. */
  | "releaseOld"
  /** A version that was never released. */
  | "releaseUnknown"
  /** The registry's entries, its tree and what was signed of them do not fit each other. */
  | "registryBroken"
  /** The file is no store of ours, or one of a version that this program does not know. */
  | "unknownFormat"
  /** A file of the operator's cannot be read. */
  | "unreadable"
  /** The data directory cannot be written. */
  | "unwritable";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  /** `message` is one line that says what to do. */
  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the system said about a failed file operation, without the path: "ENOENT: no such file or directory". */
export function systemMessage(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replace(/, \w+(?: '.*')?$/s, "");
}
