// Datagrams as one line for people: CoAP as RFC 7252's own figures write it, DTLS by its records.

import { ByteReader } from "../src/base/byte-reader.ts";
import { fromUtf8, toHex } from "../src/base/bytes.ts";
import { blockSizeOf, decodeBlock } from "../src/coap/block.ts";
import { formatCode, isRequest } from "../src/coap/code.ts";
import { decodeMessage } from "../src/coap/message.ts";
import { decodeUint, type Option, OptionNumber } from "../src/coap/option.ts";
import { decodeHandshakeFragment, HandshakeType } from "../src/dtls/handshake/handshake-message.ts";
import { ContentType, type DtlsRecord, decodeRecord } from "../src/dtls/record/record.ts";
import { CONNECTION_ID_LENGTH } from "../src/dtls/session/session-table.ts";

const METHODS = ["", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"];

/** "CON GET /fw/m/1 mid=7 token=01 Block2=3/0/1024", "ACK 2.05 mid=7 … 1024 bytes". */
export function coapText(message: Uint8Array): string {
  const decoded = decodeMessage(message);
  if (!decoded.ok) return `not CoAP (${decoded.error.kind})`;
  const { type, code, messageId, token, options, payload } = decoded.value;
  const path = options
    .filter(({ number }) => number === OptionNumber.URI_PATH)
    .map(({ value }) => `/${fromUtf8(value) ?? toHex(value)}`)
    .join("");
  const what = isRequest(code) ? `${METHODS[code] ?? formatCode(code)} ${path}` : formatCode(code);
  const words = [type, what, `mid=${messageId}`, ...(token.length > 0 ? [`token=${toHex(token)}`] : [])];
  words.push(...options.map(optionText).filter((text) => text !== ""));
  if (payload.length > 0) words.push(`${payload.length} bytes`);
  return words.join(" ");
}

function optionText({ number, value }: Option): string {
  switch (number) {
    case OptionNumber.BLOCK2:
    case OptionNumber.BLOCK1: {
      const { num, more, szx } = decodeBlock(value);
      return `Block${number === OptionNumber.BLOCK2 ? 2 : 1}=${num}/${more ? 1 : 0}/${blockSizeOf(szx)}`;
    }
    case OptionNumber.SIZE2:
      return `Size2=${decodeUint(value)}`;
    case OptionNumber.ETAG:
      return `ETag=${toHex(value)}`;
    default:
      return "";
  }
}

const HANDSHAKE_NAMES: ReadonlyMap<number, string> = new Map([
  [HandshakeType.client_hello, "ClientHello"],
  [HandshakeType.server_hello, "ServerHello"],
  [HandshakeType.hello_verify_request, "HelloVerifyRequest"],
  [HandshakeType.server_key_exchange, "ServerKeyExchange"],
  [HandshakeType.server_hello_done, "ServerHelloDone"],
  [HandshakeType.client_key_exchange, "ClientKeyExchange"],
]);

/** The records of a datagram: handshake messages by name while they are in clear. */
export function dtlsText(datagram: Uint8Array, direction: "up" | "down"): string {
  const records: string[] = [];
  // Our devices ask for no Connection ID, so that only what they send carries one.
  const connectionIdLength = direction === "up" ? CONNECTION_ID_LENGTH : 0;
  for (let offset = 0; offset < datagram.length; ) {
    const decoded = decodeRecord(datagram, offset, connectionIdLength);
    if (!decoded.ok) return [...records, `not DTLS (${decoded.error})`].join(", ");
    records.push(recordText(decoded.value));
    offset = decoded.value.end;
  }
  return records.join(", ");
}

function recordText(record: DtlsRecord): string {
  if (record.type === ContentType.change_cipher_spec) return "ChangeCipherSpec";
  if (record.epoch > 0) return record.type === ContentType.handshake ? "Finished" : "protected record";
  if (record.type !== ContentType.handshake) return `record of type ${record.type}`;
  const fragment = decodeHandshakeFragment(new ByteReader(record.fragment));
  if (!fragment.ok) return `handshake (${fragment.error})`;
  return HANDSHAKE_NAMES.get(fragment.value.type) ?? `handshake ${fragment.value.type}`;
}
