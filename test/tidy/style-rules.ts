// Sizes, names, forbidden words, and tests that really run.

import { ban, type Rule, violation } from "./rule.ts";
import { isTest, isTypeScript, lineAt, type SourceFile } from "./source-file.ts";

const LINE_COUNT_MAX = 500;

const size: Rule = {
  name: `no file over ${LINE_COUNT_MAX} lines`,
  reason: "one idea per file; a file that outgrows a sitting holds several",
  violations: (files) =>
    files
      .filter((file) => /\.(?:ts|mjs)$/.test(file.path))
      .map((file) => ({ path: file.path, lineCount: lineAt(file.text.trimEnd(), file.text.length) }))
      .filter(({ lineCount }) => lineCount > LINE_COUNT_MAX)
      .map(({ path, lineCount }) => `${path}: ${lineCount} lines`),
};

const fileNames: Rule = {
  name: "files are kebab-case nouns that say what they hold",
  reason: "a reader with the RFC open must guess the file; drawers for anything are where nothing is found",
  violations: (files) =>
    files.filter(isTypeScript).flatMap(({ path }) => {
      const base = path.slice(path.lastIndexOf("/") + 1);
      const words = path.split(/[/.-]/);
      const vague = words.find((word) => /^(?:utils?|helpers?|managers?|common|misc)$/.test(word));
      if (vague !== undefined) return [`${path}: "${vague}" says nothing`];
      if (base === "index.ts") return [`${path}: name the file after what it holds`];
      return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/.test(base) ? [] : [`${path}: not kebab-case`];
    }),
};

const noDefaultExport = ban({
  name: "no default export",
  reason: "a thing has one name, in the file that makes it and in every file that uses it",
  appliesTo: isTypeScript,
  within: "code",
  pattern: /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
});

const noModuleState = ban({
  name: "no mutable variable of a module",
  reason: "two servers in one process share nothing, and a test leaves nothing behind for the next",
  appliesTo: isTypeScript,
  within: "code",
  pattern: /^(?:export )?(?:let|var) \w+/gm,
});

const noAny = ban({
  name: "no `any`",
  reason: "it switches the compiler off for all that it touches; `unknown` asks first",
  appliesTo: isTypeScript,
  within: "code",
  pattern: /(?<![\w.$#])any\b(?!\s*[(:])/g,
});

const noSilencing = ban({
  name: "no silenced compiler error",
  reason: "what the compiler cannot see a reader cannot see either",
  appliesTo: isTypeScript,
  within: "text",
  pattern: /@ts-(?:ignore|nocheck|expect-error)/g,
});

const noWorkNotes = ban({
  name: "no note of work left undone",
  reason: "work that is left belongs to an issue, where somebody will do it",
  appliesTo: isTypeScript,
  within: "text",
  pattern: /\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b/g,
});

const noMachinePaths = ban({
  name: "no path of somebody's machine",
  reason: "it exists on one computer only",
  appliesTo: () => true,
  within: "text",
  pattern: /(?<![\w.~:/-])\/(?:home|root|work|tmp|Users)\/\w[^\s"'`]*/g,
});

/** A document with the section that is meant. */
const CITATION = /(?<![\w/.-])((?:[\w.-]+\/)*[\w-]+\.md) \d/g;

const documentsHere: Rule = {
  name: "a document that the code cites is in the repository",
  reason: "who follows a reference has to find it, and whoever changes it has to see who relies on it",
  violations: (files) => {
    return files.filter(isTypeScript).flatMap((file) => {
      const cited = [...file.text.matchAll(CITATION)].filter((match) => !isAmong(files, match[1]!));
      return cited.map((match) => violation(file, match.index, match[1]!));
    });
  },
};

/** A file with one folder of its path at least; those below another folder may be named from there. */
const NAMED_SOURCE = /(?<![\w./*-])(?:\.\.\/)*((?:[\w-]+\/)+[\w.-]+\.ts)\b/g;

const namedSourcesHere: Rule = {
  name: "a source file that a text names by its path is in the repository",
  reason: "files move, and whoever follows the old path finds nothing",
  violations: (files) =>
    files.flatMap((file) => {
      const named = [...file.text.matchAll(NAMED_SOURCE)].filter(({ index }) => isProse(file, index));
      const gone = named.filter((match) => !isAmong(files, match[1]!));
      return gone.map((match) => violation(file, match.index, match[1]!));
    }),
};

/** Documents are, and in TypeScript the lines that are comments. */
function isProse(file: SourceFile, offset: number): boolean {
  const line = file.text.slice(file.text.lastIndexOf("\n", offset) + 1, offset);
  return file.path.endsWith(".md") || (isTypeScript(file) && /^\s*(?:\/\/|\/?\*)/.test(line));
}

/** Whether there is a file whose path ends so. */
function isAmong(files: readonly SourceFile[], name: string): boolean {
  return files.some(({ path }) => path === name || path.endsWith(`/${name}`));
}

const noGluedNames = ban({
  name: "no name of a count that is glued together",
  reason: "a count has a name and a reason: who adds counts up, or asks for one, must not take words apart",
  appliesTo: (file) => isShipped(file),
  within: "text",
  pattern: /\b(?:add|counted|failed|count)\(\s*`[\w.-]*\$\{/g,
});

const camelCaseReasons = ban({
  name: "a reason is one word in camelCase",
  reason:
    "the same in code, log, API and page; what other people named (a cipher, a header) stands in no union of ours",
  appliesTo: (file) => isShipped(file),
  within: "text",
  pattern: /^\s*\|\s*"[a-z\d]+(?:[-_ ][a-z\d]+)+"/gm,
});

const FILE_COUNT_MAX = 35;

const rooms: Rule = {
  name: `no folder of what we ship with over ${FILE_COUNT_MAX} files`,
  reason: "a folder is read at a sitting; one that outgrows it has rooms in it",
  violations: (files) => {
    const counts = new Map<string, number>();
    for (const { path } of files.filter(isShipped)) {
      const folder = path.slice(0, path.lastIndexOf("/"));
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    const crowded = [...counts].filter(([, count]) => count > FILE_COUNT_MAX);
    return crowded.map(([folder, count]) => `${folder}: ${count} files`);
  },
};

const deadlinesInPairs: Rule = {
  name: "who has a pollTimeout has what takes it: handleTimeout, or takeDue",
  reason: "a deadline that nobody handles makes whoever waits for it spin (src/base/deadlined.ts)",
  violations: (files) =>
    files
      .filter((file) => isShipped(file) && /^ {2}(?:get )?pollTimeout\(\)/m.test(file.code))
      .filter((file) => !/^ {2}(?:handleTimeout|takeDue)\(/m.test(file.code))
      .map(({ path }) => `${path}: pollTimeout alone`),
};

const imagesAreQuestions = ban({
  name: "what serves images never waits for a disk",
  reason: "a page or a digest is a question that is answered later: while one device waits, all others are served",
  appliesTo: ({ path }) => /^firmware-store\/(?:content-file|firmware-image|page-cache|digests?)\.ts$/.test(path),
  within: "code",
  pattern: /\b\w+Sync\b/g,
});

const MAXIMUM = /^(?:export )?const ([A-Z\d_]+_MAX(?:_MS)?) = (.+);$/gm;

const oneMaximum: Rule = {
  name: "a maximum has one value in what we ship",
  reason: "two files that bound the same thing by different numbers disagree, and two things of one name are mistaken",
  violations: (files) => {
    const values = new Map<string, string>();
    return files.filter(isShipped).flatMap((file) =>
      [...file.text.matchAll(MAXIMUM)].flatMap((match) => {
        const [, name, value] = match as unknown as readonly [string, string, string];
        const known = values.get(name) ?? value;
        values.set(name, known);
        return known === value ? [] : [violation(file, match.index, `${name} is ${value} here and ${known} elsewhere`)];
      }),
    );
  },
};

/** What runs where the package is installed. */
function isShipped(file: SourceFile): boolean {
  return isTypeScript(file) && /^(?:src|firmware-store|psk|sim)\//.test(file.path);
}

const suitesRun: Rule = {
  name: "every test file makes a suite, and every suite is run",
  reason: "a suite without run() passes in silence",
  violations: (files) =>
    files.filter(isTest).flatMap((file) => {
      const suites = suitesOf(file);
      if (suites.length === 0) return [`${file.path}: makes no suite`];
      return suites
        .filter(({ name }) => !new RegExp(`^ *${name}\\.run\\(\\)`, "m").test(file.code))
        .map(({ name, offset }) => violation(file, offset, `${name}.run() is missing`));
    }),
};

const allTestsRun: Rule = {
  name: "no .only and no .skip",
  reason: "a test that is left out tells nothing",
  violations: (files) =>
    files.filter(isTest).flatMap((file) =>
      suitesOf(file).flatMap(({ name }) => {
        const matches = [...file.code.matchAll(new RegExp(`(?<![\\w.$])${name}\\.(?:only|skip)\\b`, "g"))];
        return matches.map((match) => violation(file, match.index, match[0]));
      }),
    ),
};

function suitesOf(file: SourceFile): { readonly name: string; readonly offset: number }[] {
  const matches = [...file.code.matchAll(/\b(\w+)\s*=\s*suite\b/g)];
  return matches.map((match) => ({ name: match[1]!, offset: match.index }));
}

export const STYLE_RULES: readonly Rule[] = [
  size,
  fileNames,
  noDefaultExport,
  noModuleState,
  noAny,
  noSilencing,
  noWorkNotes,
  noMachinePaths,
  documentsHere,
  namedSourcesHere,
  oneMaximum,
  rooms,
  deadlinesInPairs,
  imagesAreQuestions,
  noGluedNames,
  camelCaseReasons,
  suitesRun,
  allTestsRun,
];
