// A table that is too wide for a terminal goes on below, in parts that each say which row is which.

import { formatTable } from "../report.ts";

/**
 * In as few parts as fit into `width` columns, each with the first `keyCount` columns and at least one other. All rows are as
 * long as the headings, which come first.
 */
export function formatFoldedTable(table: readonly (readonly string[])[], keyCount: number, width: number): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const lengthOf = (columns: readonly number[]) => columns.reduce((sum, column) => sum + widths[column]! + 2, -2);
  const columns = widths.map((_, column) => column);
  const keys = columns.slice(0, keyCount);
  const parts: number[][] = [];
  for (const column of columns.slice(keyCount)) {
    const part = parts.at(-1);
    if (part !== undefined && lengthOf([...part, column]) <= width) part.push(column);
    else parts.push([...keys, column]);
  }
  return parts.map((part) => formatTable(table.map((line) => part.map((column) => line[column]!)))).join("\n\n");
}
