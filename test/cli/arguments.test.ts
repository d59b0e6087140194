import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBlockSize, parseCipherSuites, parsePort } from "../../src/cli/arguments.ts";

const test = suite("arguments");

test("a port is a number from 0 to 65535", () => {
  assert.equal(["0", "5684", "65535"].map(parsePort), [0, 5684, 65_535]);
  for (const text of ["65536", "-1", "5684x", "", "1e3", "0x10"]) {
    assert.throws(() => parsePort(text), /is not a port: use a number from 0 to 65535/);
  }
});

test("RFC 7959 2.2: a block size is a power of two from 16 to 1024", () => {
  const sizes = ["16", "32", "64", "128", "256", "512", "1024"];
  assert.equal(sizes.map(parseBlockSize), [16, 32, 64, 128, 256, 512, 1024]);
  for (const text of ["8", "17", "2048", "large", ""]) {
    assert.throws(() => parseBlockSize(text), /is not a block size: use 16, 32/);
  }
});

test("cipher suites keep the operator's order, each once", () => {
  const text = "TLS_PSK_WITH_AES_128_CBC_SHA256, TLS_PSK_WITH_AES_128_CCM_8,TLS_PSK_WITH_AES_128_CBC_SHA256";
  const names = parseCipherSuites(text).map(({ name }) => name);
  assert.equal(names, ["TLS_PSK_WITH_AES_128_CBC_SHA256", "TLS_PSK_WITH_AES_128_CCM_8"]);
});

test("an unknown cipher suite: the known ones are named", () => {
  assert.throws(
    () => parseCipherSuites("TLS_PSK_WITH_AES_128_CCM_8,AES"),
    /"AES" is not a cipher suite: use TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256, .*TLS_PSK_WITH_AES_128_CBC_SHA256/,
  );
});

test.run();
