import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  parseBlockSize,
  parseBlockSizeOrAuto,
  parseCacheSize,
  parseCipherSuites,
  parseDialect,
  parseDrops,
  parseEndpoint,
  parsePort,
  parseSeconds,
  parseSeed,
  parseSessionCount,
  parseWindow,
} from "../../src/cli/arguments.ts";

const test = suite("arguments");

test("a port is a number from 0 to 65535", () => {
  assert.equal(["0", "5684", "65535"].map(parsePort), [0, 5684, 65_535]);
  for (const text of ["65536", "-1", "5684x", "", "1e3", "0x10"]) {
    assert.throws(() => parsePort(text), /is not a port: use a number from 0 to 65535/);
  }
});

test("an endpoint is a name or an address and a port, IPv6 in brackets", () => {
  assert.equal(parseEndpoint("127.0.0.1:5685"), { host: "127.0.0.1", port: 5685 });
  assert.equal(parseEndpoint("[::1]:0"), { host: "::1", port: 0 });
  assert.equal(parseEndpoint("gateway:1"), { host: "gateway", port: 1 });
  for (const text of ["5685", ":5685", "::1:5685", "[]:1", "gateway:", "gateway"]) {
    assert.throws(() => parseEndpoint(text), /is not HOST:PORT: write it as 127\.0\.0\.1:5685 or \[::1\]:5685/);
  }
  assert.throws(() => parseEndpoint("gateway:65536"), /is not a port/);
});

test("the size of a cache is bytes, or powers of 1024, 1 MiB at least", () => {
  assert.equal(["1048576", "1M", "64MiB", "2g"].map(parseCacheSize), [2 ** 20, 2 ** 20, 2 ** 26, 2 ** 31]);
  for (const text of ["1048575", "1023k", "", "64MB/s", "-1M", "1.5G", "9999999G"]) {
    assert.throws(() => parseCacheSize(text), /is not the size of a cache: use bytes, such as 64M or 2G, at least 1M/);
  }
});

test("a seed is a whole number below 2^32", () => {
  assert.equal(["0", "4294967295"].map(parseSeed), [0, 4_294_967_295]);
  for (const text of ["4294967296", "-1", "1.5", "", "x"]) assert.throws(() => parseSeed(text), /is not a seed: use/);
});

test("a time in seconds is above 0", () => {
  assert.equal(["30", "0.5"].map(parseSeconds), [30, 0.5]);
  for (const text of ["0", "-1", "30s", ""]) assert.throws(() => parseSeconds(text), /is not a time: use a number/);
});

test("what to drop: numbers and ranges, or a share", () => {
  assert.equal(parseDrops("10%"), { kind: "share", share: 0.1 });
  assert.throws(() => parseDrops("ten"), /does not say what to drop: use datagram numbers from 1 on \(3,5-7\)/);
});

test("RFC 7959 2.2: a block size is a power of two from 16 to 1024", () => {
  const sizes = ["16", "32", "64", "128", "256", "512", "1024"];
  assert.equal(sizes.map(parseBlockSize), [16, 32, 64, 128, 256, 512, 1024]);
  for (const text of ["8", "17", "2048", "large", ""]) {
    assert.throws(() => parseBlockSize(text), /is not a block size: use 16, 32/);
  }
});

test("a window is a number from 1 to 16, or auto; a block size may be auto too", () => {
  assert.equal(["1", "16", "auto"].map(parseWindow), [1, 16, "auto"]);
  for (const text of ["0", "17", "1.5", "", "many"]) {
    assert.throws(() => parseWindow(text), /is not a window: use a number from 1 to 16, or auto/);
  }
  assert.equal(["64", "auto"].map(parseBlockSizeOrAuto), [64, "auto"]);
});

test("a kind of device has one of the known names", () => {
  assert.is(parseDialect("riot").blockSize, 64);
  for (const text of ["Riot", "", "toString"]) {
    assert.throws(() => parseDialect(text), /is not a kind of device: use own, zephyr, riot, ncs, libcoap/);
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

test("a number of sessions is from 1 on, and anything else is refused in one line", () => {
  assert.equal(["1", "8", "9999999"].map(parseSessionCount), [1, 8, 9_999_999]);
  for (const text of ["0", "", "-1", "1.5", "many", "10000000"])
    assert.throws(() => parseSessionCount(text), "sessions");
});

test.run();
