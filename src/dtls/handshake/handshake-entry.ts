// What the table of half-open handshakes keeps beside each. The handshake carries it, so that the table finds it without
// a map.

import { Deadline } from "../../base/deadline-heap.ts";

export class HandshakeEntry<Handshake> extends Deadline<Handshake> {
  connectionId: number | undefined;
  /** The identities that it waits for, as map keys, each once. */
  readonly awaited: string[] = [];
  /** Where it stands among all. */
  index = 0;
  /** The next handshake at the same address. */
  sibling: Handshake | undefined;
}
