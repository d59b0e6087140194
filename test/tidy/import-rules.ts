// Who may import whom: the table of the house, acyclic folders, and declared packages.

import { dirname, join } from "node:path/posix";
import { type Rule, violation } from "./rule.ts";
import { isTypeScript, type SourceFile } from "./source-file.ts";

const CORES = [
  "src/base",
  "src/cbor",
  "src/crypto",
  "src/coap",
  "src/dtls",
  "src/firmware",
  "src/manifest",
  "src/registry",
  "src/fleet",
  "src/server",
  "src/device",
];
const STORES = [
  "src/store",
  "src/registry-store",
  "src/release-store",
  "src/fleet-store",
  "src/session-store",
  "src/trust-store",
  "src/access-store",
  "firmware-store",
  "psk",
];
const ALL_BUT_BENCH_AND_TEST = [...CORES, ...STORES, "src/api", "src/native", "src/shell", "src/cli", "sim"];

/** Every folder with what it may import besides itself: the table in src/README.md. */
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  "src/base": [],
  "src/native": ["src/base"],
  "src/cbor": ["src/base"],
  "src/crypto": ["src/base", "src/native"],
  "src/coap": ["src/base"],
  "src/dtls": ["src/base", "src/crypto"],
  "src/firmware": ["src/base"],
  "src/manifest": ["src/base", "src/cbor", "src/crypto", "src/firmware"],
  "src/registry": ["src/base", "src/cbor", "src/crypto"],
  "src/fleet": ["src/base", "src/cbor", "src/crypto", "src/firmware", "src/manifest", "src/registry"],
  "src/server": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/coap",
    "src/dtls",
    "src/firmware",
    "src/manifest",
    "src/registry",
  ],
  "src/device": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/coap",
    "src/dtls",
    "src/firmware",
    "src/manifest",
    "src/registry",
  ],
  "src/shell": [...CORES, "src/api", "src/native", "sim", ...STORES],
  "src/cli": ALL_BUT_BENCH_AND_TEST,
  "src/store": ["src/base"],
  "src/release-store": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/firmware",
    "src/manifest",
    "src/registry",
    "src/registry-store",
    "src/store",
  ],
  "src/fleet-store": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/fleet",
    "src/manifest",
    "src/registry",
    "src/registry-store",
    "src/release-store",
    "src/store",
  ],
  "src/registry-store": ["src/base", "src/cbor", "src/crypto", "src/registry", "src/store"],
  "src/session-store": ["src/base", "src/store"],
  "src/trust-store": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/firmware",
    "src/manifest",
    "src/registry",
    "src/registry-store",
    "src/store",
  ],
  "src/api": ["src/base", "src/access-store", "src/firmware", "src/fleet", "src/manifest", "src/store"],
  "src/access-store": [
    "src/base",
    "src/cbor",
    "src/crypto",
    "src/firmware",
    "src/registry",
    "src/registry-store",
    "src/store",
  ],
  "firmware-store": ["src/base", "src/firmware", "src/store"],
  examples: [],
  psk: ["src/base", "src/crypto", "src/firmware", "src/store"],
  sim: CORES,
  bench: ALL_BUT_BENCH_AND_TEST,
  test: [...ALL_BUT_BENCH_AND_TEST, "bench"],
};

/** "src/coap" for what lies below src, the first folder for the rest. */
function folderOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "src" ? `${first}/${second}` : first;
}

/** The imports of `file` that name files of ours, as paths from the top of the repository. */
function localImports(file: SourceFile): { readonly target: string; readonly offset: number }[] {
  return file.imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, offset }) => ({ target: join(dirname(file.path), specifier), offset }));
}

const directions: Rule = {
  name: "imports go only where the table of the house lets them",
  reason: "a core that knows only what lies beneath it can be read, tested and replaced alone",
  violations: (files) =>
    files.filter(isTypeScript).flatMap((file) => {
      const folder = folderOf(file.path);
      const allowed = HOUSE[folder];
      if (allowed === undefined) return [violation(file, 0, `${folder} is not in the table of the house`)];
      return localImports(file)
        .filter(({ target }) => folderOf(target) !== folder && !allowed.includes(folderOf(target)))
        .map(({ target, offset }) => violation(file, offset, `${folder} imports ${target}`));
    }),
};

const acyclic: Rule = {
  name: "no import cycle inside a folder",
  reason: "a folder is read from its first file to its last; in a cycle there is no first file",
  violations: (files) => {
    const graph = new Map(files.map((file) => [file.path, importsInsideFolder(file)]));
    return cyclesIn(graph).map((cycle) => `${cycle.join(" -> ")} -> ${cycle[0]}`);
  },
};

const noLibraryOfCryptography: Rule = {
  name: "no core imports a library of cryptography, nor a provider that does",
  reason: "a provider is an argument there: a device without OpenSSL brings its own, and a test one that watches",
  violations: (files) => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const cores = files.filter((file) => HANDED_A_PROVIDER.test(file.path));
    return cores.flatMap((file) =>
      [...reachedFrom(file, byPath)].flatMap((path) => {
        const found = byPath.get(path)!.imports.find(({ specifier }) => CRYPTOGRAPHY.test(specifier));
        return found === undefined ? [] : [`${file.path}: reaches ${found.specifier} through ${path}`];
      }),
    );
  },
};

const HANDED_A_PROVIDER = /^(?:src\/(?:base|cbor|coap|dtls|firmware|manifest|registry|fleet|server|device)|sim)\//;
const CRYPTOGRAPHY = /^(?:node:crypto|@noble\/.*)$/;

/** The paths of all that a file imports, and of what that imports, itself included. */
function reachedFrom(file: SourceFile, byPath: ReadonlyMap<string, SourceFile>): Set<string> {
  const reached = new Set([file.path]);
  for (const path of reached) {
    for (const { target } of localImports(byPath.get(path)!)) if (byPath.has(target)) reached.add(target);
  }
  return reached;
}

function importsInsideFolder(file: SourceFile): string[] {
  const targets = localImports(file).map(({ target }) => target);
  return targets.filter((target) => folderOf(target) === folderOf(file.path));
}

/** A cycle for each import that leads back to a file whose own imports are still being followed. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    if (trail.includes(path)) cycles.push(trail.slice(trail.indexOf(path)));
    if (done.has(path) || trail.includes(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return cycles;
}

/** Not part of the published package: `npm start` runs it, in a clone, where development packages are installed. */
const CLONE_ONLY = /^(?:bench|test)\/|^src\/cli\/quick-start/;

/** What an example imports is the package itself. */
const EXAMPLE = /^examples\//;

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function manifestIn(files: readonly SourceFile[]): Manifest {
  const parsed = JSON.parse(files.find((file) => file.path === "package.json")?.text ?? "{}") as Partial<Manifest>;
  const { name = "", dependencies = {}, devDependencies = {} } = parsed;
  return { name, dependencies, devDependencies };
}

/** "uvu" for "uvu/assert", "@noble/hashes" for "@noble/hashes/sha2.js". */
function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|node:)/.test(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

const declaredPackages: Rule = {
  name: "every imported package is declared",
  reason: "who installs the package gets `dependencies` alone; benchmarks and tests may use devDependencies too",
  violations: (files) => {
    const { name, dependencies, devDependencies } = manifestIn(files);
    return files.flatMap((file) => {
      const declared = EXAMPLE.test(file.path)
        ? { [name]: "" }
        : CLONE_ONLY.test(file.path)
          ? { ...dependencies, ...devDependencies }
          : dependencies;
      return file.imports
        .filter(({ specifier }) => !Object.hasOwn(declared, packageOf(specifier) ?? specifier))
        .filter(({ specifier }) => packageOf(specifier) !== undefined)
        .map(({ specifier, offset }) => violation(file, offset, `imports ${specifier}, which is not declared for it`));
    });
  },
};

const usedPackages: Rule = {
  name: "every package in `dependencies` is imported by what we ship",
  reason: "each dependency costs its users time and trust; one that nobody imports gives nothing back",
  violations: (files) => {
    const shipped = files.filter((file) => !CLONE_ONLY.test(file.path) && !EXAMPLE.test(file.path));
    const imported = new Set(shipped.flatMap((file) => file.imports.map(({ specifier }) => packageOf(specifier))));
    const unused = Object.keys(manifestIn(files).dependencies).filter((name) => !imported.has(name));
    return unused.map((name) => `package.json: ${name} is imported nowhere`);
  },
};

export const IMPORT_RULES: readonly Rule[] = [
  directions,
  acyclic,
  noLibraryOfCryptography,
  declaredPackages,
  usedPackages,
];
