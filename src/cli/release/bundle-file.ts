// Bundles as files: written at once, and read by their parts.

import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { EMPTY } from "../../base/bytes.ts";
import { CBOR_LENGTH_MAX } from "../../cbor/cbor-value.ts";
import {
  BUNDLE_PREFIX_LENGTH,
  type BundleHead,
  bundleHeadLength,
  decodeBundleHead,
  encodeBundleHead,
} from "../../manifest/release-bundle.ts";
import type { NewRelease } from "../../release-store/release.ts";
import { makeNewFile } from "../../store/new-file.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed, wrongUse } from "../command-error.ts";

/** What a bundle's file holds. */
export interface Bundle {
  readonly head: BundleHead;
  /** Of the image in the file. */
  readonly imageOffset: number;
  readonly image: Uint8Array;
  readonly notes: Uint8Array | undefined;
  readonly sbom: Uint8Array | undefined;
}

/** Throws CommandError, and StoreError where the file cannot be made. */
export function writeBundle(file: string, release: NewRelease, image: Uint8Array): void {
  const { manifest, suit, riot, wayBack, trustRoot, record, notes, sbom } = release;
  const head = encodeBundleHead({
    manifest,
    suit,
    riot,
    wayBack: wayBack?.manifest,
    wayBackSuit: wayBack?.suit,
    trustRoot,
    record,
    imageLength: image.length,
    notesLength: notes?.length,
    sbomLength: sbom?.length,
  });
  const whole = Buffer.concat([head, image, notes ?? EMPTY, sbom ?? EMPTY]);
  if (!makeNewFile(file, whole, 0o644)) throw jobFailed(`${file} exists: name another file, or remove it`);
}

/** Whatever is no file, or cannot be found, is no bundle: who reads it as an image says what is wrong. */
export function isBundle(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  return reading(file, (handle) => bundleHeadLength(readAt(handle, 0, BUNDLE_PREFIX_LENGTH)) !== undefined);
}

/** Throws CommandError: of what is broken in the file itself. */
export function readBundle(file: string): Bundle {
  return reading(file, (handle) => {
    const { size } = fstatSync(handle);
    const headLength = bundleHeadLength(readAt(handle, 0, BUNDLE_PREFIX_LENGTH)) ?? 0;
    const imageOffset = BUNDLE_PREFIX_LENGTH + headLength;
    const head = decodeBundleHead(
      readAt(handle, 0, Math.min(imageOffset, BUNDLE_PREFIX_LENGTH + CBOR_LENGTH_MAX)),
      size,
    );
    if (!head.ok) {
      const at = head.error.offset === undefined ? "" : ` at byte ${head.error.offset}`;
      throw jobFailed(`${file} is broken${at}: ${head.error.reason}`);
    }
    const { imageLength, notesLength, sbomLength } = head.value;
    const notesAt = imageOffset + imageLength;
    const sbomAt = notesAt + (notesLength ?? 0);
    return {
      head: head.value,
      imageOffset,
      image: readAt(handle, imageOffset, imageLength),
      notes: notesLength === undefined ? undefined : readAt(handle, notesAt, notesLength),
      sbom: sbomLength === undefined ? undefined : readAt(handle, sbomAt, sbomLength),
    };
  });
}

/** What a bundle brings into a store of releases. */
export function releaseIn({ head, notes, sbom }: Bundle, releasedAt: number): NewRelease {
  const { manifest, suit, riot, wayBack, wayBackSuit, trustRoot, record } = head;
  const back = wayBack && { wayBack: { manifest: wayBack, suit: wayBackSuit } };
  return { manifest, suit, riot, ...back, trustRoot, record, notes, sbom, releasedAt };
}

function reading<Value>(file: string, work: (handle: number) => Value): Value {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    return work(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** As many bytes as there are, `length` at most. */
function readAt(handle: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(handle, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
