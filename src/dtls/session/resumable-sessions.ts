// What a server remembers of sessions so that they can be resumed by their session ID (RFC 5246 7.3, F.1.4): for stacks that
// have no Connection ID. Bounded in count, in bytes (an entry has no more than a secret, an ID and an identity), in time, and
// for one identity; only sessions with an extended master secret are here (RFC 7627 5.3). A secret from here proves that the
// peer had the identity's key when the session began: so whatever ends the key ends the entry, and no resumption prolongs it.

import { bytesOfLatin1, latin1Of } from "../../base/bytes.ts";
import { addMs, type Instant } from "../../base/instant.ts";
import { RecencyList } from "../../base/recency-list.ts";
import { Secret } from "../../base/secret.ts";
import { SecretSlab } from "../../base/secret-slab.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { MASTER_SECRET_LENGTH } from "../handshake/key-schedule.ts";
import { type DtlsParameters, RESUMABLE_PER_IDENTITY_MAX } from "../parameters.ts";

/** Of the IDs that we give out: long enough never to come twice, and no longer, since each hello carries it. */
export const SESSION_ID_LENGTH = 8;

/** Of the session that can be resumed. */
export interface ResumableInput {
  /** One character a byte, as `identityKey`; empty for one that cannot be resumed, and is passed over. */
  readonly sessionId: string;
  readonly identityKey: string;
  readonly suite: CipherSuite;
  readonly encryptThenMac: boolean;
}

export interface ResumableKeys {
  /** Whether many devices have the identity. */
  readonly shared: boolean;
  /** 48 bytes, which are copied. */
  readonly masterSecret: Uint8Array;
}

export class ResumableSession {
  /** One character a byte. */
  readonly sessionId: string;
  readonly identityKey: string;
  readonly shared: boolean;
  readonly suite: CipherSuite;
  readonly encryptThenMac: boolean;
  readonly masterSecret: Secret;
  readonly endsAt: Instant;
  /** Neighbours in the order in which they end. */
  older: ResumableSession | undefined;
  newer: ResumableSession | undefined;

  constructor(endsAt: Instant, session: ResumableInput, keys: ResumableKeys) {
    this.sessionId = session.sessionId;
    this.identityKey = session.identityKey;
    this.shared = keys.shared;
    this.suite = session.suite;
    this.encryptThenMac = session.encryptThenMac;
    this.masterSecret = new Secret(keys.masterSecret);
    this.endsAt = endsAt;
  }

  get identity(): Uint8Array {
    return bytesOfLatin1(this.identityKey);
  }
}

export class ResumableSessions {
  readonly #parameters: DtlsParameters;
  readonly #byId = new Map<string, ResumableSession>();
  readonly #byIdentity = new Map<string, Set<ResumableSession>>();
  /** All live equally long, so they end in the order in which they were added. */
  readonly #order = new RecencyList<ResumableSession>();
  readonly #secrets = new SecretSlab(MASTER_SECRET_LENGTH);

  constructor(parameters: DtlsParameters) {
    this.#parameters = parameters;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** When forgetDue() has work to do; undefined when never. */
  get earliest(): Instant | undefined {
    return this.#order.oldest?.endsAt;
  }

  /** Whose sessions can be resumed, one character a byte. */
  get identityKeys(): Iterable<string> {
    return this.#byIdentity.keys();
  }

  /** The oldest gives way: of the same identity where it has its share, and else of all. */
  add(now: Instant, session: ResumableInput, keys: ResumableKeys): void {
    if (session.sessionId === "") return;
    const resumable = new ResumableSession(addMs(now, this.#parameters.resumptionMs), session, keys);
    resumable.masterSecret.moveTo(this.#secrets);
    const own = this.#byIdentity.get(resumable.identityKey) ?? [];
    for (const oldest of own) {
      if (keys.shared || this.#countOf(resumable.identityKey) < RESUMABLE_PER_IDENTITY_MAX) break;
      this.#remove(oldest);
    }
    if (this.size >= this.#parameters.resumableSessionsMax) this.#remove(this.#order.oldest!);
    this.#byId.set(resumable.sessionId, resumable);
    this.#order.add(resumable);
    const left = this.#byIdentity.get(resumable.identityKey);
    if (left === undefined) this.#byIdentity.set(resumable.identityKey, new Set([resumable]));
    else left.add(resumable);
  }

  #countOf(identityKey: string): number {
    return this.#byIdentity.get(identityKey)?.size ?? 0;
  }

  /** The one that a hello names; undefined when it is not, or no longer, known. */
  find(now: Instant, sessionId: Uint8Array): ResumableSession | undefined {
    if (sessionId.length !== SESSION_ID_LENGTH) return undefined;
    const found = this.#byId.get(latin1Of(sessionId));
    return found === undefined || found.endsAt <= now ? undefined : found;
  }

  /** By its ID, one character a byte. Nothing happens when it was forgotten before. */
  forget(sessionId: string): void {
    const resumable = this.#byId.get(sessionId);
    if (resumable !== undefined) this.#remove(resumable);
  }

  #remove(resumable: ResumableSession): void {
    this.#byId.delete(resumable.sessionId);
    this.#order.remove(resumable);
    resumable.masterSecret.wipe();
    const ofIdentity = this.#byIdentity.get(resumable.identityKey)!;
    ofIdentity.delete(resumable);
    if (ofIdentity.size === 0) this.#byIdentity.delete(resumable.identityKey);
  }

  /** Of an identity whose key was removed. */
  forgetIdentity(identityKey: string): void {
    for (const resumable of this.#byIdentity.get(identityKey) ?? []) this.#remove(resumable);
  }

  /** Those whose time has come by now. */
  forgetDue(now: Instant): void {
    for (let oldest = this.#order.oldest; oldest; oldest = this.#order.oldest) {
      if (oldest.endsAt > now) return;
      this.#remove(oldest);
    }
  }

  forgetAll(): void {
    for (let oldest = this.#order.oldest; oldest; oldest = this.#order.oldest) this.#remove(oldest);
  }
}
