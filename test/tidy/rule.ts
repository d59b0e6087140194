// The shape of a house rule, and the commonest kind: a pattern that must not occur.

import { lineAt, type SourceFile } from "./source-file.ts";

export interface Rule {
  /** What the rule asks for, in a few words: the name of its test. */
  readonly name: string;
  /** Why, in one line: printed when the rule is broken. */
  readonly reason: string;
  /** One line for each violation: "src/coap/block.ts:12: Date.now". */
  readonly violations: (files: readonly SourceFile[]) => string[];
}

export interface Ban {
  readonly name: string;
  readonly reason: string;
  readonly appliesTo: (file: SourceFile) => boolean;
  /** Where to look: `code` leaves comments and strings out, `text` is all. */
  readonly within: "code" | "text";
  /** With the flag "g". */
  readonly pattern: RegExp;
}

export function ban({ name, reason, appliesTo, within, pattern }: Ban): Rule {
  const violations = (files: readonly SourceFile[]) =>
    files.filter(appliesTo).flatMap((file) => {
      const matches = [...file[within].matchAll(pattern)];
      return matches.map((match) => violation(file, match.index, match[0].trim()));
    });
  return { name, reason, violations };
}

export function violation(file: SourceFile, offset: number, found: string): string {
  return `${file.path}:${lineAt(file.text, offset)}: ${found}`;
}
