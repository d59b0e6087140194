// What carries the datagrams of thousands of devices, each with an address of its own, to one server and back.

import type { DatagramSlots } from "./datagram-slots.ts";

/** Where a crowd's datagrams come from and go to. */
export interface CrowdSocketInput {
  /** On 127.0.0.1. */
  readonly serverPort: number;
  /** Without the add-on: whether each device has an address of its own, as with it; else only its port is. */
  readonly ownAddresses?: boolean | undefined;
  readonly received: DatagramSlots;
  readonly outgoing: DatagramSlots;
  /** Slots 0 to `count` of `received` are filled; gives back how many of `outgoing` are to be sent. */
  readonly handleBatch: (count: number) => number;
}

export interface CrowdSocket {
  /** Sends the first `count` slots of `outgoing`. */
  flush(count: number): void;
  /** Of the one socket that all devices share; undefined where each has its own. */
  readonly descriptor: number | undefined;
  close(): void;
}
