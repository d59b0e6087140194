// The pending states of RFC 5246 6.1: from the secrets of a handshake to the connection states of epoch 1.

import { Secret } from "../../base/secret.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { ReadState, WriteState } from "../record/connection-state.ts";
import type { RecordProtection } from "../record/record-protection.ts";
import { keyBlock } from "./key-schedule.ts";

const EPOCH = 1;

export interface PendingStatesInput {
  readonly role: "client" | "server";
  readonly protection: RecordProtection;
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** What the peer will put into its records to us. */
  readonly readConnectionId: Uint8Array;
  /** What we put into our records to the peer. */
  readonly writeConnectionId: Uint8Array;
}

export interface PendingStates {
  readonly read: ReadState;
  readonly write: WriteState;
}

export function pendingStates(crypto: CryptoProvider, input: PendingStatesInput): PendingStates {
  const { protection } = input;
  let length = 0;
  for (const part of protection.keyParts) length += part;
  const block = keyBlock(crypto, input.masterSecret, input.clientRandom, input.serverRandom, 2 * length);
  const client = new Uint8Array(length);
  const server = new Uint8Array(length);
  let offset = 0;
  // RFC 5246 6.3: of each kind of key first the client's, then the server's.
  for (const part of protection.keyParts) {
    // Byte by byte: a view of a short array would move it out of V8's heap, 0.3 µs each.
    for (let i = 0; i < part; i++) {
      client[offset + i] = block[2 * offset + i]!;
      server[offset + i] = block[2 * offset + part + i]!;
    }
    offset += part;
  }
  const [readKeys, writeKeys] = input.role === "client" ? [server, client] : [client, server];
  const states = {
    read: new ReadState(EPOCH, protection, new Secret(readKeys), input.readConnectionId),
    write: new WriteState(EPOCH, protection, new Secret(writeKeys), input.writeConnectionId),
  };
  for (const keys of [block, client, server]) keys.fill(0);
  return states;
}
