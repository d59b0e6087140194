// The datagram port of src/native/datagram-port.c as TypeScript sees it.

declare const portHandleBrand: unique symbol;

/** A bound socket. It lives until it is closed. */
export interface PortHandle {
  readonly [portHandleBrand]: true;
}

/** A note, in 16-bit units. Offset and zone take two units each, and are read as one of 32 bits. */
export const Note = {
  LENGTH: 24,
  /** How many units the address has: 2 for IPv4, IPv4-mapped IPv6 included, 8 for IPv6; 0 for a datagram to be left out. */
  UNIT_COUNT: 0,
  DATAGRAM_LENGTH: 1,
  PORT: 2,
  /** 1 when our own address is known: the port is on all addresses. */
  WITH_LOCAL: 3,
  /** RFC 4007: the index of the interface that a link-local address belongs to; 0 for other addresses. */
  ZONE: 4,
  /** Of a datagram to be sent: where it begins, counted from `bytesToSendOffset`. */
  OFFSET: 6,
  /** The peer's address as 16-bit numbers, and right behind it as many of our own. */
  UNITS: 8,
} as const;

/** What stands at the beginning of the memory, in 32-bit numbers. */
export const Status = {
  /** How many datagrams still wait to be sent. */
  WAITING: 0,
  /** How many errors there were, and datagrams left out, since this was last set to 0. */
  UNTOLD: 1,
  /** Datagrams left out because they were sent to a multicast or a broadcast address, since these were last set to 0. */
  MULTICAST: 2,
  BROADCAST: 3,
} as const;

export interface NativeDatagramPort {
  /**
   * Binds a socket to an IP address, "::" for IPv4 too. Throws with the system's name as `code`: "EADDRINUSE". On "::" and
   * "0.0.0.0" each datagram received says which of our addresses it was sent to, and one to be sent which it leaves from.
   * `memory` holds `memoryLength` bytes: status, failure counts, notes, datagrams. `received` is called once for a
   * batch, with the number of datagrams that lie in the slots until it returns; with 0 when all is sent that had to
   * wait, and when there are failures to look at.
   */
  open(
    host: string,
    port: number,
    reusePort: boolean,
    memory: Uint8Array,
    received: (count: number) => void,
  ): PortHandle;
  /**
   * Sends the notes from `first` up to `end`, which is not sent. Afterwards Status.WAITING says how much the system did
   * not take. While it is not 0, the notes that wait stay where they are, and `first` is the `end` of before.
   */
  flush(port: PortHandle, first: number, end: number): void;
  /** At once, with what waits. A second time does nothing. */
  close(port: PortHandle): void;
  /** Host and port number of an open port. */
  localAddress(port: PortHandle): [host: string, port: number];
  /** Of an interface by its index. */
  zoneName(index: number): string | undefined;
  /** Of an interface by its name; 0 when there is none. */
  zoneIndex(name: string): number;
  readonly memoryLength: number;
  /** 32-bit counts by the system's error number; at 0 those of an unknown one. */
  readonly failuresOffset: number;
  readonly errorCount: number;
  readonly batchCountMax: number;
  /** Bytes of a note: others than Note says where the native parts are older than this file. */
  readonly noteLength: number;
  /** A note for each datagram of a batch. */
  readonly receivedOffset: number;
  readonly toSendOffset: number;
  readonly sendCountMax: number;
  readonly bytesToSendOffset: number;
  readonly sendLengthMax: number;
  /** The received datagrams; each one `slotStride` bytes behind the one before. */
  readonly slotsOffset: number;
  readonly slotStride: number;
}
