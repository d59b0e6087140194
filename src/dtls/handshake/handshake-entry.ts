// What the table of half-open handshakes keeps beside each. The handshake carries it, so that the table finds it without
// a map.

import { Deadline } from "../../base/deadline-heap.ts";

export class HandshakeEntry<Handshake> extends Deadline<Handshake> {
  connectionId: number | undefined;
  /** The identity that it waits for, as a map key. */
  identity: string | undefined;
  /** Neighbours in the order in which they were added. */
  older: HandshakeEntry<Handshake> | undefined;
  newer: HandshakeEntry<Handshake> | undefined;
}
