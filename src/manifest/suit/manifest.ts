// draft-ietf-suit-manifest-37 8.4: a manifest as a typed tree, read from its bytes and written again.

import type { Result } from "../../base/result.ts";
import type { CborFault, CborValue } from "../../cbor/cbor-value.ts";
import { decodeForeignCbor } from "../../cbor/decode-cbor.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import { FieldReader } from "../../cbor/field-reader.ts";
import { CommonKey, ManifestKey, SECTIONS, SEVERABLE } from "./codes.ts";
import {
  COMPONENTS_MAX,
  type CommandSequence,
  encodeSequence,
  readSequence,
  SEQUENCE_LENGTH_MAX,
} from "./command-sequence.ts";
import { type ComponentId, readComponentId } from "./component-id.ts";
import { URI_LENGTH_MAX } from "./parameters.ts";
import { digestValue, readDigest, type SuitDigest } from "./suit-digest.ts";
import { readText, type TextOfLanguage, textValue } from "./suit-text.ts";

export interface Manifest {
  readonly sequenceNumber: number;
  readonly components: readonly ComponentId[];
  readonly sharedSequence?: CommandSequence;
  /** Where the envelope is found. */
  readonly referenceUri?: string;
  /** By section; a digest stands for one that was cut out. */
  readonly sequences: ReadonlyMap<number, CommandSequence | SuitDigest>;
  readonly text?: readonly TextOfLanguage[] | SuitDigest;
}

const VERSION = 1;

/** Of a manifest's own bytes, and of what was cut out of it. */
export const MANIFEST_LENGTH_MAX = 16 * 1024;

const KNOWN: ReadonlySet<CborValue> = new Set<CborValue>([...Object.values(ManifestKey), ...SECTIONS.keys()]);

export function decodeManifest(bytes: Uint8Array): Result<Manifest, CborFault> {
  const decoded = decodeForeignCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("manifest", decoded.value);
  fields.unsigned(ManifestKey.VERSION, { min: VERSION, max: VERSION });
  const sequenceNumber = fields.unsigned(ManifestKey.SEQUENCE_NUMBER);
  const common = readCommon(fields);
  const referenceUri = fields.optionalText(ManifestKey.REFERENCE_URI, { max: URI_LENGTH_MAX });
  const sequences = readSequences(fields);
  const text = readManifestText(fields);
  for (const key of fields.keys()) if (!KNOWN.has(key)) fields.reject(String(key), "an unknown key");
  return fields.finish({
    sequenceNumber,
    ...common,
    sequences,
    ...(referenceUri === undefined ? {} : { referenceUri }),
    ...(text === undefined ? {} : { text }),
  });
}

function readCommon(fields: FieldReader): Pick<Manifest, "components" | "sharedSequence"> {
  const common = fields.mapWithin("common", fields.embedded(ManifestKey.COMMON, { max: MANIFEST_LENGTH_MAX }));
  const list = common.array(CommonKey.COMPONENTS, { min: 1, max: COMPONENTS_MAX });
  const components = list.map((id) => readComponentId(common, id));
  const shared = common.optionalEmbedded(CommonKey.SHARED_SEQUENCE, { max: SEQUENCE_LENGTH_MAX });
  for (const key of common.keys()) {
    if (key !== CommonKey.COMPONENTS && key !== CommonKey.SHARED_SEQUENCE) common.reject(String(key), "an unknown key");
  }
  if (shared === undefined) return { components };
  return { components, sharedSequence: readSequence(common, "shared-sequence", shared) };
}

function readSequences(fields: FieldReader): Manifest["sequences"] {
  const sequences = new Map<number, CommandSequence | SuitDigest>();
  for (const [key, name] of SECTIONS) {
    if (!fields.has(key)) continue;
    if (SEVERABLE.has(key) && Array.isArray(fields.any(key))) {
      sequences.set(key, readDigest(fields, name, fields.any(key)));
    } else {
      sequences.set(key, readSequence(fields, name, fields.embedded(key, { max: SEQUENCE_LENGTH_MAX })));
    }
  }
  return sequences;
}

function readManifestText(fields: FieldReader): Manifest["text"] | undefined {
  if (!fields.has(ManifestKey.TEXT)) return undefined;
  const value = fields.any(ManifestKey.TEXT);
  if (Array.isArray(value)) return readDigest(fields, "text", value);
  return readText(fields, fields.embedded(ManifestKey.TEXT, { max: MANIFEST_LENGTH_MAX }));
}

/** Whether a sequence or the text was cut out, and its digest stands in its place. */
export function isSevered(member: CommandSequence | readonly TextOfLanguage[] | SuitDigest): member is SuitDigest {
  return !Array.isArray(member);
}

/** The command sequence of a byte string that was cut out of a manifest. */
export function decodeSeveredSequence(bytes: Uint8Array, section: number): Result<CommandSequence, CborFault> {
  return decodeSevered(bytes, (fields, value) => readSequence(fields, SECTIONS.get(section)!, value));
}

export function decodeSeveredText(bytes: Uint8Array): Result<readonly TextOfLanguage[], CborFault> {
  return decodeSevered(bytes, readText);
}

function decodeSevered<Member>(
  bytes: Uint8Array,
  read: (fields: FieldReader, value: CborValue) => Member,
): Result<Member, CborFault> {
  const decoded = decodeForeignCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = new FieldReader("severed", new Map());
  return fields.finish(read(fields, decoded.value));
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const { sequenceNumber, referenceUri, sequences, text } = manifest;
  const map = new Map<number, CborValue>([
    [ManifestKey.VERSION, VERSION],
    [ManifestKey.SEQUENCE_NUMBER, sequenceNumber],
    [ManifestKey.COMMON, encodeCommon(manifest)],
  ]);
  if (referenceUri !== undefined) map.set(ManifestKey.REFERENCE_URI, referenceUri);
  for (const [key, sequence] of sequences) {
    map.set(key, isSevered(sequence) ? digestValue(sequence) : encodeSequence(sequence));
  }
  if (text !== undefined) map.set(ManifestKey.TEXT, isSevered(text) ? digestValue(text) : encodeText(text));
  return encodeCbor(map);
}

function encodeCommon({ components, sharedSequence }: Manifest): Uint8Array {
  const common = new Map<number, CborValue>([[CommonKey.COMPONENTS, components]]);
  if (sharedSequence !== undefined) common.set(CommonKey.SHARED_SEQUENCE, encodeSequence(sharedSequence));
  return encodeCbor(common);
}

export function encodeText(text: readonly TextOfLanguage[]): Uint8Array {
  return encodeCbor(textValue(text));
}
