// The cores take time, randomness and bytes as arguments: what the simulator says, the wire does.

import { ban, type Rule, violation } from "./rule.ts";
import type { Import, SourceFile } from "./source-file.ts";

const CORES = /^src\/(?:base|cbor|crypto|coap|dtls|firmware|manifest|registry|fleet|server|device)\//;
const CORES_AND_SIM = /^(?:src\/(?:base|cbor|crypto|coap|dtls|firmware|manifest|registry|fleet|server|device)|sim)\//;

const noClock = ban({
  name: "no clock and no timer in the cores and the simulator",
  reason: "`now` is an argument there, so that a run can be replayed and virtual time works",
  appliesTo: (file) => CORES_AND_SIM.test(file.path),
  within: "code",
  pattern:
    /\bDate\.now\b|\bperformance\.now\b|\bnew Date\b|\bhrtime\b|\b(?:set|clear)(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/g,
});

const noMathRandom = ban({
  name: "no Math.random in the cores and the simulator",
  reason: "a RandomSource is an argument there, so that a run can be replayed from its seed",
  appliesTo: (file) => CORES_AND_SIM.test(file.path),
  within: "code",
  pattern: /\bMath\.random\b|\bgetRandomValues\b|\.generateKeys\(/g,
});

const noSharedArray = ban({
  name: "no array of a module that calls write into, in the cores and the simulator",
  reason:
    "what passes through it belongs to an object that somebody made: two of them share nothing, and a test can look",
  appliesTo: (file) => CORES_AND_SIM.test(file.path),
  within: "code",
  pattern:
    /^(?:export )?const \w+(?:: [^=\n]+)? =\s+(?:new (?:\w*Array|ArrayBuffer|DataView|PrefixViews)(?:<[^\n]*>)?\((?!0\))|Buffer\.alloc)/gm,
});

/** What node:crypto offers that draws its own random bytes. */
const RANDOM_NAMES = /^(?:random\w+|getRandomValues|webcrypto|generateKey\w*|generatePrime\w*)$/;

const noCryptoRandom: Rule = {
  name: "no random function of node:crypto in the cores and the simulator",
  reason: "a RandomSource is an argument there, so that a run can be replayed from its seed",
  violations: (files) =>
    importViolations(files, CORES_AND_SIM, ({ specifier, names }) => {
      if (specifier !== "node:crypto") return [];
      // Without names (a namespace or a default import) nobody can see what is used.
      return names.length === 0 ? ["all of node:crypto"] : names.filter((name) => RANDOM_NAMES.test(name));
    }),
};

const noIo = ban({
  name: "no process, console or await in the cores",
  reason: "the cores are pure and synchronous: between a check and its use no second datagram may come",
  appliesTo: (file) => CORES.test(file.path),
  within: "code",
  pattern: /(?<![\w.$#])(?:process|console)\s*[.[]|(?<![.\w$#])(?:await|async)\b|(?<![\w.$#])fetch\(/g,
});

/** A module of pure functions of their arguments; who may import it, another rule says. */
const PURE_MODULE = "node:crypto";

const noIoModules: Rule = {
  name: "no module of Node.js in the cores but a pure one",
  reason: `sockets, files, timers and processes belong to src/shell; a provider of src/crypto may have ${PURE_MODULE}`,
  violations: (files) =>
    importViolations(files, CORES, ({ specifier }) =>
      specifier.startsWith("node:") && specifier !== PURE_MODULE ? [specifier] : [],
    ),
};

const noBuffer = ban({
  name: "no Buffer in the cores but beside node:crypto",
  reason: "a device's core runs where there is no Node.js: base/bytes.ts has what a Uint8Array lacks",
  appliesTo: (file) => CORES.test(file.path) && !file.imports.some(({ specifier }) => specifier === "node:crypto"),
  within: "code",
  pattern: /(?<![\w.$#])Buffer\b|\bglobal\./g,
});

function importViolations(
  files: readonly SourceFile[],
  folders: RegExp,
  wrongIn: (one: Import) => readonly string[],
): string[] {
  return files
    .filter((file) => folders.test(file.path))
    .flatMap((file) =>
      file.imports.flatMap((one) => wrongIn(one).map((found) => violation(file, one.offset, `imports ${found}`))),
    );
}

export const AMBIENT_RULES: readonly Rule[] = [
  noClock,
  noMathRandom,
  noSharedArray,
  noCryptoRandom,
  noIo,
  noIoModules,
  noBuffer,
];
