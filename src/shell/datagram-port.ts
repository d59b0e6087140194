// What a server's shell asks of a UDP socket: datagrams in batches, in and out.

import type { PeerAddress } from "../base/peer-address.ts";

/** UDP's length field has 16 bits. */
export const UDP_LENGTH_MAX = 65_535;

/**
 * Bound to one address, or to all: then a peer is known with the one of our addresses that it asked (RFC 7252 5.3.2), and
 * what is sent to it leaves from there.
 */
export interface DatagramPort {
  readonly host: string;
  readonly port: number;
  /** Leaves with the next flush() at the latest. The bytes may be used again when this returns. */
  sendTo(to: PeerAddress, datagram: Uint8Array): void;
  flush(): void;
  /** Resolves when there is room for a datagram of any length. Who does not wait may have one refused, as ENOBUFS. */
  room(): Promise<void>;
  /** Resolves when all that was to be sent is with the system. */
  close(): Promise<void>;
}

export interface DatagramPortOutlet {
  /** `datagram` may be a view of a buffer that is used again after batchEnd(). */
  datagram(from: PeerAddress, datagram: Uint8Array): void;
  /** So many came at once. */
  batchEnd(count: number): void;
  /** The system's name for what went wrong with one datagram: "EMSGSIZE". The port serves on. */
  failed(code: string): void;
  /** A datagram came that was sent to many. It is not handed on: none is answered here (RFC 7252 8.1, 8.2). */
  leftOut(sentTo: "multicast" | "broadcast"): void;
}
