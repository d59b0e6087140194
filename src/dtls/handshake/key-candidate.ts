// One ClientKeyExchange of a handshake and the keys that follow from it. It comes in plaintext, so anyone may have sent
// it: a server keeps a few, and the Finished that one of them opens says which was the client's.

import type { HandshakeMessage } from "./handshake-message.ts";
import type { PendingStates } from "./pending-states.ts";
import { Reassembly } from "./reassembly.ts";

/** How many of them a handshake keeps; of more, one by random choice gives way to the newest. */
export const KEY_CANDIDATES_MAX = 4;

export interface CandidateKeys {
  readonly identityKnown: boolean;
  /** Whether many devices have this key. */
  readonly shared: boolean;
  readonly masterSecret: Uint8Array;
  readonly states: PendingStates;
}

export class KeyCandidate {
  /** Absent where a session is resumed: its keys are known without one. */
  readonly message: HandshakeMessage | undefined;
  /** Who the sender says it is. Only its Finished proves it. */
  readonly identity: Uint8Array;
  /** With ECDHE_PSK only. */
  readonly sharedSecret: Uint8Array | undefined;
  /** Of the Finished: nobody else's pieces may stand in it. */
  readonly reassembly: Reassembly;
  /** Absent until the owner has answered the question for the identity's key. */
  keys: CandidateKeys | undefined;

  constructor(
    message: HandshakeMessage | undefined,
    identity: Uint8Array,
    sharedSecret: Uint8Array | undefined,
    finishedMessageSeq: number,
  ) {
    this.message = message;
    this.identity = identity;
    this.sharedSecret = sharedSecret;
    this.reassembly = new Reassembly(finishedMessageSeq);
  }

  /** Overwrites what is secret. */
  wipe(): void {
    this.sharedSecret?.fill(0);
    this.keys?.masterSecret.fill(0);
    this.keys?.states.read.wipe();
    this.keys?.states.write.wipe();
  }
}
