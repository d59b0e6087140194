// draft-ietf-suit-manifest-37 8.4.5.1: the name of a component, some byte strings.

import { toHex } from "../../base/bytes.ts";
import type { CborValue } from "../../cbor/cbor-value.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";

export type ComponentId = readonly Uint8Array[];

export const COMPONENT_ID_PARTS_MAX = 8;
export const COMPONENT_ID_PART_LENGTH_MAX = 64;

export function readComponentId(fields: FieldReader, value: CborValue): ComponentId {
  const parts = fields.arrayWithin("component identifier", value, { max: COMPONENT_ID_PARTS_MAX });
  return Array.from({ length: parts.size }, (_, i) => parts.bytes(i, { max: COMPONENT_ID_PART_LENGTH_MAX }));
}

/** "slot/1", or where a part is no printable text, its hex digits: "00". */
export function spokenComponentId(id: ComponentId): string {
  return id.map(spokenPart).join("/") || "(without a name)";
}

function spokenPart(part: Uint8Array): string {
  const isPrintable = part.length > 0 && part.every((byte) => byte > 0x20 && byte < 0x7f && byte !== 0x2f);
  return isPrintable ? String.fromCharCode(...part) : toHex(part);
}
