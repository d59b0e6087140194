// The ticket: what a server says to one device about one nonce, signed by the server's own key. It offers one manifest, or says
// that there is nothing newer; both are signed, so that nobody can hold a device back by silence that looks like an answer.
// Its lifetime is counted from the nonce by the device's own uptime: a small device has no other clock.

import { bytesOfLatin1 } from "../base/bytes.ts";
import type { Result } from "../base/result.ts";
import type { CborFault, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { FieldKey, present, SHA256_LENGTH } from "./field-key.ts";

/** Bytes of a signed ticket. */
export const TICKET_LENGTH_MAX = 288;

export const NONCE_LENGTH_MIN = 8;
export const NONCE_LENGTH_MAX = 16;

/** Of SHA-256(identity), as many bytes as name a device to itself. */
export const DEVICE_NAME_LENGTH = 8;

/** When a device is expected again unless somebody says otherwise: a quarter of a day, counted from its own check-in. */
export const COME_AGAIN_SECONDS = 21_600;

/** Thirty days: the longest that a ticket may be good for, or a device be told to stay away. */
export const TICKET_SECONDS_MAX = 30 * 86_400;

export interface Ticket {
  /** Of the check-in that it answers. */
  readonly nonce: Uint8Array;
  /** The device that it was made for: the first bytes of SHA-256 over its identity. */
  readonly device: Uint8Array;
  /** SHA-256 of the signed manifest that it offers; undefined: nothing new. */
  readonly manifestDigest: Uint8Array | undefined;
  /** Of what is offered, or else the newest of the product and class; 0 where nothing was ever released. */
  readonly sequenceNumber: number;
  /** Seconds since the nonce was made. */
  readonly lifetime: number;
  /** Seconds since 1970. */
  readonly issued: number;
  /** Seconds until the device is expected again. */
  readonly comeAgain: number;
  /** Of the registry when the ticket was made; absent where the server has none. */
  readonly log?: { readonly size: number; readonly root: Uint8Array } | undefined;
}

/** How a ticket names the device with an identity; on plain CoAP that is empty. */
export function deviceName(crypto: Pick<CryptoProvider, "sha256">, identity: Uint8Array): Uint8Array {
  return bytesOfLatin1(crypto.sha256(identity).slice(0, DEVICE_NAME_LENGTH));
}

export function encodeTicket(ticket: Ticket): Uint8Array {
  const { log } = ticket;
  return encodeCbor(
    present([
      [FieldKey.SEQUENCE_NUMBER, ticket.sequenceNumber],
      [FieldKey.LIFETIME, ticket.lifetime],
      [FieldKey.NONCE, ticket.nonce],
      [FieldKey.ISSUED, ticket.issued],
      [FieldKey.MANIFEST_DIGEST, ticket.manifestDigest],
      [FieldKey.COME_AGAIN, ticket.comeAgain],
      [FieldKey.DEVICE, ticket.device],
      [FieldKey.LOG, log && [log.size, log.root]],
    ]),
  );
}

export function decodeTicket(bytes: Uint8Array): Result<Ticket, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("ticket", decoded.value);
  const ticket: Ticket = {
    nonce: readNonce(fields),
    device: fields.bytes(FieldKey.DEVICE, { min: DEVICE_NAME_LENGTH, max: DEVICE_NAME_LENGTH }),
    manifestDigest: fields.optionalBytes(FieldKey.MANIFEST_DIGEST, { min: SHA256_LENGTH, max: SHA256_LENGTH }),
    sequenceNumber: fields.unsigned(FieldKey.SEQUENCE_NUMBER),
    lifetime: fields.unsigned(FieldKey.LIFETIME, { min: 1, max: TICKET_SECONDS_MAX }),
    issued: fields.unsigned(FieldKey.ISSUED),
    comeAgain: fields.unsigned(FieldKey.COME_AGAIN, { max: TICKET_SECONDS_MAX }),
  };
  const log = fields.optionalArray(FieldKey.LOG, { min: 2, max: 2 });
  const known = fields.finishKnown(ticket);
  if (!known.ok || log === undefined) return known;
  return withLog(ticket, log);
}

function withLog(ticket: Ticket, value: CborValue): Result<Ticket, CborFault> {
  const fields = FieldReader.ofArray("log", value, { min: 2, max: 2 });
  const size = fields.unsigned(0);
  const root = fields.bytes(1, { min: SHA256_LENGTH, max: SHA256_LENGTH });
  return fields.finish({ ...ticket, log: { size, root } });
}

export function readNonce(fields: FieldReader): Uint8Array {
  return fields.bytes(FieldKey.NONCE, { min: NONCE_LENGTH_MIN, max: NONCE_LENGTH_MAX });
}
