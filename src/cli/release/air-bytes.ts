// What a release costs on the air: bytes of the datagrams that a device of ours exchanges for it when none is lost, with DTLS,
// UDP and IPv4 around them. The handshake comes on top, once for a session.

import { EMPTY } from "../../base/bytes.ts";
import { Code } from "../../coap/code.ts";
import { encodeMessage } from "../../coap/message.ts";
import { encodeUint, OptionNumber, stringOption, uintOption } from "../../coap/option.ts";

/** RFC 768, RFC 791. */
const UDP_IP_LENGTH = 28;

/** RFC 9146 4 around CCM_8 (RFC 6655 3): header, our Connection ID of 4 bytes, nonce, type, tag. Answers carry no ID. */
const REQUEST_RECORD_LENGTH = 13 + 4 + 8 + 1 + 8;
const ANSWER_RECORD_LENGTH = 13 + 8 + 8;

const TOKEN = new Uint8Array(2);
const ETAG = new Uint8Array(8);
const BLOCK_LENGTH = 1024;
/** RFC 7959 2.2: of blocks of 1024 bytes. */
const BLOCK_SIZE_EXPONENT = 6;

export interface AirBytes {
  readonly exchanges: number;
  /** From the device. */
  readonly up: number;
  readonly down: number;
}

/** Of a GET of `length` bytes, in blocks of 1024. */
export function airBytes(path: string, query: string | undefined, length: number): AirBytes {
  const blocks = Math.ceil(length / BLOCK_LENGTH);
  let [up, down] = [0, 0];
  for (let number = 0; number < blocks; number++) {
    const left = length - number * BLOCK_LENGTH;
    up += UDP_IP_LENGTH + REQUEST_RECORD_LENGTH + requestLength(path, query, number);
    down += UDP_IP_LENGTH + ANSWER_RECORD_LENGTH + answerLength(number, blocks, Math.min(left, BLOCK_LENGTH), length);
  }
  return { exchanges: blocks, up, down };
}

function requestLength(path: string, query: string | undefined, number: number): number {
  const segments = path.split("/").filter((segment) => segment !== "");
  const options = [
    ...segments.map((segment) => stringOption(OptionNumber.URI_PATH, segment)),
    ...(query === undefined ? [] : [stringOption(OptionNumber.URI_QUERY, query)]),
    uintOption(OptionNumber.BLOCK2, (number << 4) | BLOCK_SIZE_EXPONENT),
  ];
  const head = { type: "CON", code: Code.GET, messageId: 0, token: TOKEN } as const;
  return encodeMessage({ ...head, options, payload: EMPTY }).length;
}

function answerLength(number: number, blocks: number, payloadLength: number, length: number): number {
  const more = number + 1 < blocks ? 8 : 0;
  const options = [
    { number: OptionNumber.ETAG, value: ETAG },
    uintOption(OptionNumber.CONTENT_FORMAT, 42),
    uintOption(OptionNumber.BLOCK2, (number << 4) | more | BLOCK_SIZE_EXPONENT),
    ...(number === 0 ? [{ number: OptionNumber.SIZE2, value: encodeUint(length) }] : []),
  ];
  const head = { type: "ACK", code: Code.CONTENT, messageId: 0, token: TOKEN } as const;
  return encodeMessage({ ...head, options, payload: new Uint8Array(payloadLength) }).length;
}

export function sumOf(some: AirBytes, others: AirBytes): AirBytes {
  return { exchanges: some.exchanges + others.exchanges, up: some.up + others.up, down: some.down + others.down };
}

/** "103 exchanges, 9.1 kB up and 111.4 kB down". */
export function airWords({ exchanges, up, down }: AirBytes): string {
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  return `${exchanges} exchanges, ${kilobytes(up)} up and ${kilobytes(down)} down`;
}
