// Publishing and listing images, as a firmware engineer does it.

import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { MAIN, narrowboat, Program } from "./narrowboat.ts";

const test = suite("publish");
const scratch = scratchDirectories(test);

const NAMES = ["--product", "boat", "--version", "1.0"];

function withFile(bytes: Uint8Array): string {
  const directory = scratch();
  writeFileSync(join(directory, "image.bin"), bytes);
  return directory;
}

test("publish prints path, size, SHA-256 and ETag", async () => {
  const bytes = sampleBytes(1, 5_000);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { code, stdout } = await narrowboat(withFile(bytes), "publish", "image.bin", ...NAMES);
  assert.is(code, 0);
  assert.is(stdout, `path    /fw/boat/1.0\nsize    5000 bytes\nsha256  ${sha256}\netag    ${sha256.slice(0, 16)}\n`);
});

test("the same bytes again: done, and nothing new", async () => {
  const directory = withFile(sampleBytes(1, 100));
  await narrowboat(directory, "publish", "image.bin", ...NAMES);
  const { code, stdout } = await narrowboat(directory, "publish", "image.bin", ...NAMES);
  assert.is(code, 0);
  assert.match(stdout, /these bytes were published under this name before: nothing changed\n$/);
});

test("other bytes under a published version: refused with exit code 1", async () => {
  const directory = withFile(sampleBytes(1, 100));
  await narrowboat(directory, "publish", "image.bin", ...NAMES);
  writeFileSync(join(directory, "other.bin"), sampleBytes(2, 100));
  const { code, stderr } = await narrowboat(directory, "publish", "other.bin", ...NAMES);
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: \/fw\/boat\/1\.0 is published with other bytes.*: publish under a new version\n$/);
});

test("a missing file, a directory and an empty file: exit code 2 and one line that names them", async () => {
  const directory = withFile(new Uint8Array(0));
  for (const [file, line] of [
    ["none.bin", /^narrowboat: cannot read none\.bin: ENOENT[^\n]*\n$/],
    [".", /^narrowboat: \. is not a regular file: name the image's file\n$/],
    ["image.bin", /^narrowboat: image\.bin is empty: name the image's file\n$/],
  ] as const) {
    const { code, stderr } = await narrowboat(directory, "publish", file, ...NAMES);
    assert.is(code, 2, file);
    assert.match(stderr, line);
  }
});

test("a product that is no path segment: exit code 2", async () => {
  const names = ["--product", "a/b", "--version", "1"];
  const { code, stderr } = await narrowboat(withFile(sampleBytes(1, 10)), "publish", "image.bin", ...names);
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: the product "a\/b" has the character "\/"/);
});

test("a version that looks like a number keeps its zeros", async () => {
  const names = ["--product", "007", "--version", "1.10", "--json"];
  const { stdout } = await narrowboat(withFile(sampleBytes(1, 10)), "publish", "image.bin", ...names);
  assert.is((JSON.parse(stdout) as { path: string }).path, "/fw/007/1.10");
});

test("publish --json and images --json: the same shape, and whether the image is new", async () => {
  const directory = withFile(sampleBytes(1, 100));
  const published = await narrowboat(directory, "publish", "image.bin", ...NAMES, "--json");
  const { created, ...image } = JSON.parse(published.stdout) as Record<string, unknown>;
  assert.is(created, true);
  assert.equal(Object.keys(image), ["path", "product", "version", "size", "sha256", "etag", "publishedAt"]);
  assert.equal(JSON.parse((await narrowboat(directory, "images", "--json")).stdout), [image]);
});

test("images: a table, or a word on what to do when there is none", async () => {
  const directory = withFile(sampleBytes(1, 100));
  assert.is((await narrowboat(directory, "images")).stdout, "no images: add one with narrowboat publish\n");
  assert.is((await narrowboat(directory, "images", "--json")).stdout, "[]\n");
  await narrowboat(directory, "publish", "image.bin", ...NAMES);
  assert.match((await narrowboat(directory, "images")).stdout, /^PATH +BYTES +ETAG +PUBLISHED\n\/fw\/boat\/1\.0 +100 /);
});

test("--data goes before NARROWBOAT_DATA, and that before ./narrowboat-data", async () => {
  const cwd = withFile(sampleBytes(1, 100));
  const publish = ["publish", "image.bin", ...NAMES];
  await new Program(MAIN, publish, { cwd }).ended;
  assert.ok(existsSync(join(cwd, "narrowboat-data", "firmware.db")));
  await new Program(MAIN, publish, { cwd, env: { NARROWBOAT_DATA: "from-environment" } }).ended;
  assert.ok(existsSync(join(cwd, "from-environment", "firmware.db")));
  await new Program(MAIN, [...publish, "--data", "from-option"], { cwd, env: { NARROWBOAT_DATA: "unused" } }).ended;
  assert.ok(existsSync(join(cwd, "from-option", "firmware.db")));
  assert.not.ok(existsSync(join(cwd, "unused")));
});

test("a data directory that is a file: exit code 2", async () => {
  const { code, stderr } = await narrowboat(withFile(sampleBytes(1, 10)), "images", "--data", "image.bin");
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: image\.bin\S* is not a directory: name another data directory\n$/);
});

test.run();
