// A directory of its own for each test of a suite, removed when the suite ends.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError, type StoreErrorCode } from "../../src/store/store-error.ts";

/** Gives a function that makes a fresh, empty directory on each call. */
export function scratchDirectories(test: Test): () => string {
  const made: string[] = [];
  test.after(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const directory = mkdtempSync(join(tmpdir(), "narrowboat-"));
    made.push(directory);
    return directory;
  };
}

/** Fails unless `work` throws a StoreError of this code with one line that holds each of `words`. */
export function throwsStoreError(work: () => unknown, code: StoreErrorCode, ...words: readonly string[]): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  isStoreError(thrown, code, ...words);
}

/** The same for a promise. */
export async function rejectsStoreError(
  work: Promise<unknown>,
  code: StoreErrorCode,
  ...words: readonly string[]
): Promise<void> {
  isStoreError(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
    code,
    ...words,
  );
}

function isStoreError(thrown: unknown, code: StoreErrorCode, ...words: readonly string[]): void {
  assert.instance(thrown, StoreError);
  const { code: found, message } = thrown as StoreError;
  assert.is(found, code, message);
  assert.not.match(message, /\n/);
  for (const word of words) assert.ok(message.includes(word), `"${message}" does not say "${word}"`);
}
