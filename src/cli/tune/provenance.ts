// What a result can be had again with, for the page and for JSON: the command as it was typed, the seed, and the version.

import { readFileSync } from "node:fs";

export interface Provenance {
  readonly command: string;
  readonly seed: number;
  readonly version: string;
}

/** Of `narrowboat` with these words; a seed that was drawn is added to them. */
export function provenanceOf(words: readonly string[], seed: number): Provenance {
  const hasSeed = words.some((one) => one === "--seed" || one.startsWith("--seed="));
  const command = ["narrowboat", ...words, ...(hasSeed ? [] : ["--seed", String(seed)])].map(quoted).join(" ");
  return { command, seed, version: packageVersion() };
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
