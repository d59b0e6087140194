// For each rule, files that break it and files that look as if they did. A key is the rule's name.

interface Planted {
  /** Each entry is a small house by itself, and breaks the rule. */
  readonly broken: readonly Readonly<Record<string, string>>[];
  /** All together one house that keeps the rule. */
  readonly kept: Readonly<Record<string, string>>;
}

/** Joined only here, so that this file does not break the rules itself. */
const NOTE = ["TO", "DO"].join("");
const SILENCE = ["@ts", "ignore"].join("-");
const HOME = ["", "home", "ada", "firmware.bin"].join("/");

const MANIFEST = JSON.stringify({ name: "narrowboat", dependencies: { yargs: "1" }, devDependencies: { uvu: "1" } });

function importing(specifier: string): string {
  return `import { thing } from "${specifier}";\n`;
}

export const PLANTED: Readonly<Record<string, Planted>> = {
  "no clock and no timer in the cores and the simulator": {
    broken: [
      { "src/coap/a.ts": "const now = Date.now();" },
      { "src/dtls/a.ts": "const now = performance.now();" },
      { "src/server/a.ts": "const today = new Date();" },
      { "src/device/a.ts": "setTimeout(resend, 2000);" },
      { "sim/a.ts": `const label = \`at \${Date.now()} ms\`;` },
    ],
    kept: {
      "src/coap/a.ts": '// Never Date.now() here.\nconst name = "setTimeout"; const quotient = a / b; // new Date()',
      "src/shell/a.ts": "setTimeout(resend, Date.now());",
    },
  },
  "no Math.random in the cores and the simulator": {
    broken: [{ "sim/a.ts": "const lost = Math.random() < 0.1;" }, { "src/dtls/a.ts": "ecdh.generateKeys();" }],
    kept: { "src/cli/a.ts": "Math.random();", "src/dtls/a.ts": "/* Math.random */ Math.min(1, 2);" },
  },
  "no array of a module that calls write into, in the cores and the simulator": {
    broken: [
      { "src/dtls/a.ts": "const KEY = new Uint8Array(16);" },
      { "src/crypto/a.ts": "export const HEADER: Uint8Array = new Uint8Array(NONCE_LENGTH + 13);" },
      { "src/coap/a.ts": "const WORDS = new Uint32Array(BYTES.buffer);" },
      { "src/server/a.ts": "const BYTES =\n  Buffer.allocUnsafe(100);" },
    ],
    kept: {
      "src/base/a.ts": "export const EMPTY = new Uint8Array(0);\nconst ONE = Uint8Array.of(1);",
      "src/dtls/a.ts": "function f() {\n  const bytes = new Uint8Array(16);\n}\nconst NAMES = new Map([[1, 2]]);",
      "src/shell/a.ts": "const POOL = new Uint8Array(16);",
    },
  },
  "no random function of node:crypto in the cores and the simulator": {
    broken: [
      { "src/dtls/a.ts": 'import { createHmac, randomBytes } from "node:crypto";' },
      { "src/dtls/a.ts": 'import { randomFillSync as fill } from "node:crypto";' },
      { "src/coap/a.ts": 'import * as crypto from "node:crypto";' },
    ],
    kept: {
      "src/dtls/a.ts":
        'import { createHmac } from "node:crypto";\nimport { randomBytes } from "../base/random-source.ts";',
      "src/shell/a.ts": 'import { randomFillSync } from "node:crypto";',
    },
  },
  "no process, console or await in the cores": {
    broken: [
      { "src/coap/a.ts": "process.exit(1);" },
      { "src/base/a.ts": 'console.log("here");' },
      { "src/server/a.ts": "const key = await lookUp(identity);" },
      { "src/device/a.ts": "export async function pull() {}" },
    ],
    kept: {
      "src/coap/a.ts": "// await the answer\nthis.#process.next(); exchange.process.state;",
      "src/cli/a.ts": "await serve(process.argv);",
    },
  },
  "no module of Node.js in the cores but a pure one": {
    broken: [
      { "src/base/a.ts": importing("node:buffer") },
      { "src/coap/a.ts": importing("node:dgram") },
      { "src/dtls/a.ts": importing("node:timers/promises") },
      { "src/server/a.ts": 'const fs = import("node:fs");' },
    ],
    kept: { "src/crypto/a.ts": importing("node:crypto"), "src/shell/a.ts": importing("node:dgram") },
  },
  "no Buffer in the cores but beside node:crypto": {
    broken: [
      { "src/device/a.ts": 'Buffer.from(bytes).toString("utf8");' },
      { "src/coap/a.ts": "#datagram: Buffer;" },
      { "src/base/a.ts": "global.process;" },
    ],
    kept: {
      "src/base/a.ts": "// Buffer is Node's.\nnew ArrayBuffer(8); this.#Buffer;",
      "src/crypto/a.ts": `${importing("node:crypto")}Buffer.from(bytes);`,
      "src/shell/a.ts": "Buffer.from(bytes);",
    },
  },
  "imports go only where the table of the house lets them": {
    broken: [
      { "src/coap/a.ts": importing("../dtls/record.ts") },
      { "src/dtls/a.ts": 'import type { Message } from "../coap/message.ts";' },
      { "src/base/a.ts": importing("../coap/message.ts") },
      { "src/server/a.ts": importing("../shell/udp-port.ts") },
      { "sim/a.ts": importing("../src/shell/udp-port.ts") },
      { "psk/a.ts": importing("../firmware-store/image.ts") },
      { "bench/a.ts": importing("../test/support/peers.ts") },
      { "src/cli/a.ts": 'export { thing } from "../../bench/main.ts";' },
      { "attic/a.ts": "" },
    ],
    kept: {
      "src/coap/a.ts": importing("../base/bytes.ts") + importing("./block.ts"),
      "src/server/a.ts": importing("../coap/body.ts") + importing("../dtls/record.ts"),
      "psk/b.ts": importing("../src/store/store-file.ts"),
      "src/shell/a.ts": '// import { x } from "../cli/main.ts";',
      "test/a.ts": importing("../bench/main.ts"),
    },
  },
  "no core imports a library of cryptography, nor a provider that does": {
    broken: [
      { "src/dtls/a.ts": importing("node:crypto") },
      { "src/server/a.ts": 'import type { Hash } from "node:crypto";' },
      { "sim/a.ts": importing("@noble/hashes/sha2.js") },
      { "src/device/a.ts": importing("../crypto/b.ts"), "src/crypto/b.ts": importing("node:crypto") },
      {
        "src/dtls/a.ts": importing("../crypto/b.ts"),
        "src/crypto/b.ts": importing("./c.ts"),
        "src/crypto/c.ts": importing("node:crypto"),
      },
    ],
    kept: {
      "src/dtls/a.ts": importing("../crypto/b.ts"),
      "src/crypto/b.ts": importing("./d.ts"),
      "src/crypto/c.ts": importing("node:crypto") + importing("./b.ts"),
      "src/crypto/d.ts": "",
      "src/shell/a.ts": importing("../crypto/c.ts"),
    },
  },
  "no import cycle inside a folder": {
    broken: [
      { "src/coap/a.ts": importing("./b.ts"), "src/coap/b.ts": importing("./a.ts") },
      { "sim/a.ts": importing("./b.ts"), "sim/b.ts": importing("./c.ts"), "sim/c.ts": importing("./b.ts") },
      { "psk/a.ts": importing("./a.ts") },
    ],
    kept: {
      "src/coap/a.ts": importing("./b.ts") + importing("./c.ts"),
      "src/coap/b.ts": importing("./c.ts"),
      "src/coap/c.ts": "",
    },
  },
  "every imported package is declared": {
    broken: [
      { "package.json": MANIFEST, "src/cli/a.ts": importing("left-pad") },
      { "package.json": MANIFEST, "src/cli/a.ts": importing("uvu/assert") },
      { "package.json": MANIFEST, "test/a.ts": importing("@scope/unknown/part.js") },
      { "package.json": MANIFEST, "examples/a.ts": importing("uvu/assert") },
    ],
    kept: {
      "package.json": MANIFEST,
      "src/cli/a.ts": importing("yargs/helpers") + importing("node:fs") + importing("./b.ts"),
      "test/a.ts": importing("uvu/assert"),
      "examples/a.ts": importing("narrowboat/base/bytes"),
    },
  },
  "every package in `dependencies` is imported by what we ship": {
    broken: [{ "package.json": MANIFEST }, { "package.json": MANIFEST, "test/a.ts": importing("yargs") }],
    kept: { "package.json": MANIFEST, "src/cli/a.ts": 'import yargs from "yargs/yargs";' },
  },
  "no file over 500 lines": {
    broken: [{ "test/a.test.ts": "a();\n".repeat(501) }],
    kept: { "src/coap/a.ts": "a();\n".repeat(500), "README.md": "word\n".repeat(900) },
  },
  "files are kebab-case nouns that say what they hold": {
    broken: [
      { "src/coap/index.ts": "" },
      { "src/utils/block.ts": "" },
      { "src/coap/block-helpers.ts": "" },
      { "src/dtls/SessionTable.ts": "" },
    ],
    kept: { "src/coap/resend-cache.ts": "", "test/coap/block.test.ts": "", "README.md": "" },
  },
  "no default export": {
    broken: [{ "src/coap/a.ts": "export default class {}" }, { "src/coap/a.ts": "export { block as default };" }],
    kept: { "src/coap/a.ts": '// export default\nexport const text = "export default";' },
  },
  "no mutable variable of a module": {
    broken: [{ "src/coap/a.ts": "let count = 0;" }, { "src/coap/a.ts": "export let count = 0;" }],
    kept: { "src/coap/a.ts": "const one = 1;\nfunction f() {\n  let count = 0;\n}\n/*\nlet it be\n*/" },
  },
  "no `any`": {
    broken: [{ "src/coap/a.ts": "const x: any = 1;" }, { "test/a.ts": "(x as any).y; f<any>();" }],
    kept: { "src/coap/a.ts": '// any block\nconst anyBlock = "any"; Promise.any([]); /any/.test(x);' },
  },
  "no silenced compiler error": {
    broken: [{ "src/coap/a.ts": `// ${SILENCE}` }],
    kept: { "src/coap/a.ts": "// The compiler is not to be ignored." },
  },
  "no note of work left undone": {
    broken: [{ "src/coap/a.ts": `// ${NOTE}: later` }],
    kept: { "src/coap/a.ts": "// Nothing is left to do." },
  },
  "no path of somebody's machine": {
    broken: [{ "README.md": `Run ${HOME}` }, { "src/coap/a.ts": `const path = "${HOME}";` }],
    kept: { "README.md": `See https://example.org${HOME} and ./work/lists` },
  },
  "a document that the code cites is in the repository": {
    broken: [{ "src/coap/a.ts": `// ${"peers"}.md 4.1 has it.` }, { "test/a.test.ts": `// ${"notes"}.md 2` }],
    kept: {
      "docs/links.md": "",
      "src/coap/a.ts": '// docs/links.md 2, links.md 3.1; "summary.md" is a file of the user',
    },
  },
  "a source file that a text names by its path is in the repository": {
    broken: [{ "README.md": "See `src/coap/gone.ts`." }, { "src/coap/a.ts": " * As coap/gone.ts has it." }],
    kept: {
      "src/coap/b.ts": "",
      "src/coap/README.md": "`b.ts`, `coap/b.ts`, `../coap/b.ts`; `scenes/*.ts`",
      "src/coap/a.ts": '// As coap/b.ts has it.\nimport "../coap/gone.ts";',
    },
  },
  "no folder of what we ship with over 35 files": {
    broken: [Object.fromEntries(Array.from({ length: 36 }, (_, i) => [`src/dtls/file-${i}.ts`, ""]))],
    kept: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`src/dtls/room-${i % 2}/file-${i}.ts`, ""])),
  },
  "who has a pollTimeout has what takes it: handleTimeout, or takeDue": {
    broken: [{ "src/coap/a.ts": "class A {\n  pollTimeout(): Instant | undefined {\n  }\n}" }],
    kept: {
      "src/coap/a.ts":
        "class A {\n  handleTimeout(now: Instant): void {}\n  pollTimeout(): Instant | undefined {\n  }\n}",
      "src/shell/a.ts": "class A {\n  arm() {\n    this.#server.pollTimeout();\n  }\n}",
    },
  },
  "what serves images never waits for a disk": {
    broken: [{ "firmware-store/content-file.ts": "readSync(handle, page);" }],
    kept: {
      "firmware-store/publishing.ts": "readSync(source, buffer);",
      "firmware-store/page-cache.ts": "// not readSync",
    },
  },
  "no name of a count that is glued together": {
    broken: [{ "src/server/a.ts": `counters.add(\`${"sessionDown"}.\${end}\`);` }],
    kept: {
      "src/server/a.ts": `counters.add("sessionDown", end); lines.add(\`one line\`); throw failed(\`"\${text}" is no URI\`);`,
      "test/a.ts": `this.counted(\`client.\${name}\`);`,
    },
  },
  "a reason is one word in camelCase": {
    broken: [{ "src/store/a.ts": 'type Code =\n  | "busy"\n  | "not-there";' }, { "sim/a.ts": '  | "queue_full"' }],
    kept: { "src/store/a.ts": 'type Code =\n  | "busy"\n  | "csvLine";\nconst cipher = "aes-128-ccm";' },
  },
  "a maximum has one value in what we ship": {
    broken: [
      {
        "src/device/a.ts": "const IMAGE_LENGTH_MAX = 0xffff_ffff;",
        "firmware-store/a.ts": "export const IMAGE_LENGTH_MAX = 2 ** 30;",
      },
    ],
    kept: {
      "src/device/a.ts": "const IMAGE_LENGTH_MAX = 2 ** 30;\nconst SLOT_COUNT = 2;",
      "src/coap/a.ts": "const SLOT_COUNT = 3;",
      "test/a.ts": "const IMAGE_LENGTH_MAX = 5;",
    },
  },
  "every test file makes a suite, and every suite is run": {
    broken: [
      { "test/a.test.ts": 'const block = suite("block");\nblock("x", () => {});' },
      { "test/a.test.ts": 'const block = suite("block");\n// block.run();' },
      { "test/a.test.ts": "const answer = 42;" },
    ],
    kept: { "test/a.test.ts": 'const block = suite("block");\nblock.run();', "test/a.ts": "" },
  },
  "no .only and no .skip": {
    broken: [
      { "test/a.test.ts": 'const block = suite("block");\nblock.only("x", () => {});' },
      { "test/a.test.ts": 'const block = suite("block");\nblock.skip("x", () => {});' },
    ],
    kept: { "test/a.test.ts": 'const block = suite("block");\nreader.skip(3);\n// block.only' },
  },
};
