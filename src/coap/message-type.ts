// RFC 7252 3: the two-bit message type.

export type MessageType = "CON" | "NON" | "ACK" | "RST";

const MESSAGE_TYPES = ["CON", "NON", "ACK", "RST"] as const;
const BITS = { CON: 0, NON: 1, ACK: 2, RST: 3 } as const;

/** `bits` is 0..3. */
export function messageTypeOf(bits: number): MessageType {
  return MESSAGE_TYPES[bits as 0 | 1 | 2 | 3];
}

export function bitsOf(type: MessageType): number {
  return BITS[type];
}
