// What a file is, before anybody publishes it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { digestOf, mcubootImage } from "../firmware/formats/mcuboot-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { narrowboat } from "./narrowboat.ts";

const test = suite("inspect");
const scratch = scratchDirectories(test);

function withFile(bytes: Uint8Array): string {
  const directory = scratch();
  writeFileSync(join(directory, "app.bin"), bytes);
  return directory;
}

const IMAGE = mcubootImage({ protectedEntries: [{ type: 0x50, value: Uint8Array.of(7, 0, 0, 0) }] });

test("an image for MCUboot: its version, its counter, and that its hash is right", async () => {
  const { code, stdout } = await narrowboat(withFile(IMAGE), "inspect", "app.bin");
  assert.is(code, 0);
  assert.match(stdout, /^format +MCUboot image$/m);
  assert.match(stdout, /^version +1\.2\.3\+4$/m);
  assert.match(stdout, /^security counter +7$/m);
  assert.match(stdout, /^sha256 at byte 552: right$/m);
});

test("one bit of the payload: exit code 1, and which sum is wrong", async () => {
  const broken = IMAGE.slice();
  broken[100]! ^= 1;
  const { code, stdout, stderr } = await narrowboat(withFile(broken), "inspect", "app.bin");
  assert.is(code, 1);
  assert.match(stdout, /^sha256 at byte 552: wrong$/m);
  assert.is(stderr, "narrowboat: app.bin is broken: one thing is wrong\n");
});

test("an ELF is named, with what to do, and its broken header with its byte", async () => {
  const { code, stdout } = await narrowboat(withFile(Buffer.from("\u007fELF\u0001\u0001")), "inspect", "app.bin");
  assert.is(code, 1);
  assert.match(stdout, /^format +ELF$/m);
  assert.match(stdout, /^wrong at byte 6: the file ends here, and the image goes on$/m);
  assert.match(stdout, /^no device takes an ELF: take the build's \.bin/m);
});

test("--json: the same for machines", async () => {
  const { code, stdout } = await narrowboat(withFile(IMAGE), "inspect", "app.bin", "--json");
  const { file, size, sha256, format, flashable, version, securityCounter, checks, faults } = JSON.parse(stdout);
  assert.equal([code, file, size, sha256], [0, "app.bin", IMAGE.length, toHex(digestOf("sha256", IMAGE))]);
  assert.equal([format, flashable, version, securityCounter, faults], ["mcuboot", true, "1.2.3+4", 7, []]);
  assert.equal(checks, [{ by: "sha256", offset: 552, verdict: "right" }]);
});

test("a missing file and a directory: exit code 2 and one line", async () => {
  const directory = withFile(IMAGE);
  for (const file of ["none.bin", "."]) {
    const { code, stderr } = await narrowboat(directory, "inspect", file);
    assert.is(code, 2);
    assert.match(stderr, /^narrowboat: cannot read [^\n]*\n$/);
  }
});

test.run();
