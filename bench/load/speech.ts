// How the devices of a load speak with their server: plain, or in records.

import { Code } from "../../src/coap/code.ts";
import { ContentType, decodeRecord } from "../../src/dtls/record/record.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import type { Crowd } from "./crowd.ts";

export interface Speech {
  readonly deviceCount: number;
  send(device: number, message: Uint8Array): void;
  /** A glance at what is no secret: may this be the answer to the message with this ID? Called once for each datagram. */
  mayAnswer(device: number, messageId: number, bytes: Uint8Array, offset: number): boolean;
  /** The message inside; undefined for what is none or not authentic. */
  open(device: number, bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined;
}

export class PlainSpeech implements Speech {
  readonly deviceCount: number;
  readonly #crowd: Crowd;

  constructor(crowd: Crowd, deviceCount: number) {
    this.#crowd = crowd;
    this.deviceCount = deviceCount;
  }

  send(device: number, message: Uint8Array): void {
    this.#crowd.send(device, message);
  }

  mayAnswer(_device: number, messageId: number, bytes: Uint8Array, offset: number): boolean {
    return bytes[offset + 1] === Code.CONTENT && ((bytes[offset + 2]! << 8) | bytes[offset + 3]!) === messageId;
  }

  open(_device: number, bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
    return bytes.subarray(offset, offset + length);
  }
}

/** One established session for each device. */
export class DtlsSpeech implements Speech {
  readonly #crowd: Crowd;
  readonly #sessions: readonly Session[];
  /** The low half of the newest record's sequence number. */
  readonly #newest: Float64Array;

  constructor(crowd: Crowd, sessions: readonly Session[]) {
    this.#crowd = crowd;
    this.#sessions = sessions;
    this.#newest = new Float64Array(sessions.length).fill(-1);
  }

  get deviceCount(): number {
    return this.#sessions.length;
  }

  send(device: number, message: Uint8Array): void {
    this.#crowd.send(device, this.#sessions[device]!.write.seal(ContentType.application_data, message));
  }

  mayAnswer(device: number, _messageId: number, bytes: Uint8Array, offset: number): boolean {
    if (bytes[offset] !== ContentType.application_data || bytes[offset + 4] !== 1) return false;
    const high = (bytes[offset + 7]! << 8) | bytes[offset + 8]!;
    const sequenceNumber = high * 65_536 + ((bytes[offset + 9]! << 8) | bytes[offset + 10]!);
    if (sequenceNumber <= this.#newest[device]!) return false;
    this.#newest[device] = sequenceNumber;
    return true;
  }

  open(device: number, bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
    const record = decodeRecord(bytes.subarray(offset, offset + length), 0, 0);
    if (!record.ok) return undefined;
    const opened = this.#sessions[device]!.read.open(record.value);
    return opened.ok && opened.value.type === ContentType.application_data ? opened.value.content : undefined;
  }
}
