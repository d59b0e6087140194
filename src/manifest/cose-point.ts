// RFC 9053 7.1.1: a public key of P-256 as a COSE_Key, with both coordinates. Half of a point, which the standard allows
// too, is refused: nothing that we know of sends it here.

import { concat } from "../base/bytes.ts";
import type { CborMap, CborValue } from "../cbor/cbor-value.ts";
import type { FieldReader } from "../cbor/field-reader.ts";

const KeyLabel = { TYPE: 1, CURVE: -1, X: -2, Y: -3 } as const;
const EC2 = 2;
const P_256 = 1;
const COORDINATE = { min: 32, max: 32 };
const UNCOMPRESSED = 4;

/** 65 bytes. Whether it is on the curve is for who agrees with it to say. */
export function pointOf(key: FieldReader): Uint8Array {
  key.unsigned(KeyLabel.TYPE, { min: EC2, max: EC2 });
  key.unsigned(KeyLabel.CURVE, { min: P_256, max: P_256 });
  const x = key.bytes(KeyLabel.X, COORDINATE);
  const y = key.bytes(KeyLabel.Y, COORDINATE);
  return concat(Uint8Array.of(UNCOMPRESSED), x, y);
}

export function coordinatesOf(point: Uint8Array): CborMap {
  return new Map<CborValue, CborValue>([
    [KeyLabel.TYPE, EC2],
    [KeyLabel.CURVE, P_256],
    [KeyLabel.X, point.slice(1, 33)],
    [KeyLabel.Y, point.slice(33)],
  ]);
}
