// What a link did, by direction.

/** Why a link did not carry a datagram. */
export type DropReason =
  /** It waited longer than the queue's lifetime. */
  | "expired"
  /** A frame of it was lost, and so the datagram. */
  | "lost"
  /** As many were waiting as the queue holds. */
  | "queueFull"
  /** With its headers it is longer than the MTU. */
  | "tooLarge";

export interface DirectionStatistics {
  /** Datagrams given to the link. */
  sentCount: number;
  /** Datagrams that are in it now, duplicates included. */
  heldCount: number;
  /** Datagrams that left it, without duplicates. */
  deliveredCount: number;
  duplicateCount: number;
  /** UDP payload given to the link. */
  bytesSent: number;
  /** All bytes on air: headers, fragments, link retransmissions and hops included. */
  bytesOnAir: number;
  /** Of these, the bytes between the device and its neighbour. */
  deviceBytesOnAir: number;
  frameCount: number;
  /** How long the device's own radio sent or received. */
  airtimeSeconds: number;
  /** How long the channel was taken: in a mesh that of all hops. */
  channelSeconds: number;
  /** How long frames that were ready waited for a duty cycle. */
  dutyCycleWaitSeconds: number;
  readonly droppedCount: Record<DropReason, number>;
}

export function emptyStatistics(): DirectionStatistics {
  return {
    sentCount: 0,
    heldCount: 0,
    deliveredCount: 0,
    duplicateCount: 0,
    bytesSent: 0,
    bytesOnAir: 0,
    deviceBytesOnAir: 0,
    frameCount: 0,
    airtimeSeconds: 0,
    channelSeconds: 0,
    dutyCycleWaitSeconds: 0,
    droppedCount: { expired: 0, lost: 0, queueFull: 0, tooLarge: 0 },
  };
}
