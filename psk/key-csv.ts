// Keys in a CSV file (RFC 4180), one `identity,key` per line with the key in hex digits:
//
//   identity,key                      an optional first line
//   # warehouse 7                     a comment; blank lines are skipped too
//   meter-0001,00112233445566778899aabbccddeeff
//   "meter, blue",0f0e0d
//   hex:00ff,0f0e0d                   an identity that is no text
//
// The file is read as a stream of bounded memory. An error names the line and never what stands in it.

import { type FileHandle, open } from "node:fs/promises";
import { CsvError, type Options, parse } from "csv-parse";
import { equal, fromUtf8 } from "../src/base/bytes.ts";
import type { Secret } from "../src/base/secret.ts";
import { StoreError, systemMessage } from "../src/store/store-error.ts";
import { parseIdentity } from "./identity.ts";
import { parseKey } from "./key.ts";

/** Longer than any identity and key can be written. */
const RECORD_LENGTH_MAX = 4096;
const PROGRESS_RECORD_COUNT = 10_000;

/** What some spreadsheets put before the first character. The parser would strip it, but decode all fields then. */
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

export type OnCsvProgress = (bytesDone: number, bytesTotal: number) => void;

interface CsvRecord {
  readonly record: readonly Uint8Array[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

const OPTIONS: Options = {
  comment: "#",
  comment_no_infix: true,
  // Bytes, so that an identity that is not UTF-8 is refused rather than mended into another one.
  encoding: null,
  info: true,
  max_record_size: RECORD_LENGTH_MAX,
  relax_column_count: true,
  skip_empty_lines: true,
};

/**
 * Calls `onKey` for each line in turn; what it throws as a StoreError comes back with the line's number.
 * Throws StoreError: csvLine, unreadable.
 */
export async function readKeyCsv(
  file: string,
  onKey: (identity: Uint8Array, key: Secret) => void,
  onProgress?: OnCsvProgress,
): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const bytesTotal = (await handle.stat()).size;
    let recordCount = 0;
    for await (const { record, info } of await recordsOf(handle)) {
      recordCount++;
      if (recordCount === 1 && isHeader(record)) continue;
      readRecord(file, info.lines, record, onKey);
      if (recordCount % PROGRESS_RECORD_COUNT === 0) onProgress?.(info.bytes, bytesTotal);
    }
    onProgress?.(bytesTotal, bytesTotal);
  } catch (error) {
    throw storeErrorFor(file, error);
  } finally {
    await handle?.close();
  }
}

async function recordsOf(handle: FileHandle): Promise<AsyncIterable<CsvRecord>> {
  const { buffer } = await handle.read(new Uint8Array(BYTE_ORDER_MARK.length), { position: 0 });
  const start = equal(buffer, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const parser = parse(OPTIONS);
  const source = handle.createReadStream({ start, autoClose: false });
  source.on("error", (error) => parser.destroy(error));
  return source.pipe(parser);
}

function isHeader(record: readonly Uint8Array[]): boolean {
  return record.length === 2 && fromUtf8(record[0]!) === "identity" && fromUtf8(record[1]!) === "key";
}

function readRecord(
  file: string,
  line: number,
  record: readonly Uint8Array[],
  onKey: (identity: Uint8Array, key: Secret) => void,
): void {
  const [identity, key] = record.map(fromUtf8);
  if (record.length !== 2) refuse(file, line, `${record.length} fields where identity,key are two`);
  if (identity === undefined || key === undefined) refuse(file, line, "not UTF-8: write such an identity as hex:…");
  try {
    onKey(parseIdentity(identity), parseKey(key));
  } catch (error) {
    if (error instanceof StoreError) refuse(file, line, error.message);
    throw error;
  }
}

function refuse(file: string, line: number, what: string): never {
  throw new StoreError("csvLine", `${file} line ${line}: ${what}; nothing was imported`);
}

function storeErrorFor(file: string, error: unknown): unknown {
  // The parser's own words quote the field, which may be a key.
  if (error instanceof CsvError) {
    const line = (error as CsvError & { readonly lines?: number }).lines ?? 1;
    const what =
      error.code === "CSV_MAX_RECORD_SIZE" ? "too long, or a quote that is not closed" : "quotes out of place";
    return new StoreError("csvLine", `${file} line ${line}: ${what}; nothing was imported`);
  }
  if (error instanceof StoreError || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  return new StoreError("unreadable", `cannot read ${file}: ${systemMessage(error)}`);
}
