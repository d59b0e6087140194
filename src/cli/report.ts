// What commands print on success: named values one below the other, tables, or JSON.

import type { ImageRecord } from "../../firmware-store/image-index.ts";
import { toHex } from "../base/bytes.ts";
import { etagOf } from "../firmware/image-etag.ts";
import { imagePath } from "../firmware/image-name.ts";

/** An image as `--json` prints it. */
export function imageReport(image: ImageRecord) {
  const { product, version, length, sha256, publishedAt } = image;
  return {
    path: imagePath(product, version),
    product,
    version,
    size: length,
    sha256: toHex(sha256),
    etag: toHex(etagOf(sha256)),
    publishedAt: new Date(publishedAt).toISOString(),
  };
}

/** "name  value" lines, the values in one column. */
export function formatFields(fields: Readonly<Record<string, string | number>>): string {
  return formatTable(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

/** Rows with their columns aligned, two spaces between them. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0] ?? [];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
