// Files that commands read whole: images, and what goes with them.

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Digest } from "../firmware/formats/image-summary.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { systemMessage } from "../store/store-error.ts";
import { wrongUse } from "./command-error.ts";

export const digest: Digest = (algorithm, bytes) => new Uint8Array(createHash(algorithm).update(bytes).digest());

/** Throws CommandError where it cannot be read, or is longer than `lengthMax`. */
export function bytesOfFile(file: string, lengthMax = IMAGE_LENGTH_MAX): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size > lengthMax) throw wrongUse(`${file} has ${size} bytes, and ${lengthMax} are the most`);
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  }
}
