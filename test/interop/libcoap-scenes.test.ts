// What people do with libcoap's coap-client besides pulling a whole image by confirmable requests.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { requestFor, sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { coapClient, coapClientBuilds, IDENTITY, identical, KEY, pullFile } from "../support/coap-client-program.ts";
import { servedFor } from "../support/serving.ts";

const image = sampleBytes(2, 20_000);
/** By version: the lengths at which a block-wise transfer has its edges. */
const images: Readonly<Record<string, Uint8Array>> = {
  plain: image,
  "1-byte": sampleBytes(3, 1),
  "less-than-a-block": sampleBytes(4, 700),
  "one-block": sampleBytes(5, 1024),
  "one-byte-over": sampleBytes(6, 1025),
  "whole-blocks": sampleBytes(7, 8 * 1024),
};
const identities: Readonly<Record<string, string>> = {
  "key of one byte": "k",
  "key of 63 bytes": "0123456789abcdef".repeat(4).slice(1),
  "gerät-7": "umlaut-key",
  "a/b?c=d&e": "punctuation-key",
  ["i".repeat(127)]: "key-of-a-long-identity",
};

const test = suite("libcoap-scenes");
const scratch = scratchDirectories(test);
const keys = { [IDENTITY]: KEY, ...identities };
const serving = servedFor(test, { images, keys, flags: ["--coap"] });
const observed = servedFor(test, { images, keys, flags: ["--coap"] });
const echoing = servedFor(test, { images, flags: ["--coap", "--coap-echo"] });

for (const build of coapClientBuilds()) {
  const pull = (path: string, ...flags: string[]) => pullFile(build, serving(), scratch(), { path, flags });

  test(`RFC 7252 4.3: ${build.name} -N pulls by non-confirmable requests`, async () => {
    identical(await pull("/fw/boat/plain", "-N", "-b", "64"), image);
  });

  for (const [version, bytes] of Object.entries(images)) {
    test(`${build.name} pulls an image of ${bytes.length} bytes`, async () => {
      identical(await pull(`/fw/boat/${version}`), bytes);
    });
  }

  test(`RFC 7959 2.4: ${build.name} asks for blocks in the middle, last one first, and gets just these`, async () => {
    identical(await pull("/fw/boat/plain", "-b", "19,1024"), image.subarray(19 * 1024));
    identical(await pull("/fw/boat/plain", "-b", "7,256"), image.subarray(7 * 256, 8 * 256));
    identical(await pull("/fw/boat/plain", "-b", "1249,16"), image.subarray(1249 * 16));
  });

  test(`${build.name} resumes at byte 7,000 by a slice, and the two parts make the image`, async () => {
    const first = await pull("/fw/boat/plain?length=7000");
    const rest = await pull("/fw/boat/plain?offset=7000", "-b", "128");
    identical(Buffer.concat([first, rest]), image);
  });

  test(`RFC 6690 4: ${build.name} reads /.well-known/core and finds every image with its size`, async () => {
    const links = String(await pull("/.well-known/core", "-b", "32")).split(",");
    const expected = Object.entries(images).map(([version, { length }]) => {
      return `</fw/boat/${version}>;rt="fw.image";ct=42;sz=${length}`;
    });
    assert.equal(links.sort(), expected.sort());
  });

  test(`RFC 6690 4.1: ${build.name} filters /.well-known/core and gets only what it asked for`, async () => {
    const one = await pull("/.well-known/core?href=/fw/boat/plain");
    assert.is(String(one), `</fw/boat/plain>;rt="fw.image";ct=42;sz=${image.length}`);
    assert.is((await coapClient(build, serving(), { path: "/.well-known/core?rt=clock" })).text.trim(), "");
  });

  test(`RFC 7252 5.9.2.5: ${build.name} is told 4.04 for an image that was never published`, async () => {
    assert.match((await coapClient(build, serving(), { path: "/fw/boat/9.9" })).text, /^4\.04/);
  });

  test(`RFC 7252 5.9.2.6: ${build.name} is told 4.05 when it tries to delete an image`, async () => {
    assert.match(
      (await coapClient(build, serving(), { path: "/fw/boat/plain", flags: ["-m", "delete"] })).text,
      /^4\.05/,
    );
  });

  test(`RFC 7641: ${build.name} observes /.well-known/core and is told of an image that is published meanwhile`, async () => {
    const version = `observed-by-${build.name}`;
    const flags = ["-s", "8"];
    const observing = coapClient(build, observed(), { path: `/.well-known/core?href=/fw/boat/${version}`, flags });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const directory = observed().directory;
    const store = FirmwareStore.open(directory);
    store.publish(requestFor(directory, version, sampleBytes(9, 300)));
    store.close();
    assert.match((await observing).text, new RegExp(`</fw/boat/${version}>`));
  });

  if (build.scheme === "coap") {
    test(`RFC 9175 2.3: ${build.name} answers Echo and pulls from a server with --coap-echo`, async () => {
      identical(await pullFile(build, echoing(), scratch(), { path: "/fw/boat/plain", flags: ["-b", "256"] }), image);
    });
  }

  if (build.scheme === "coaps") {
    for (const [identity, key] of Object.entries(identities)) {
      const scene = `an identity of ${Buffer.byteLength(identity)} bytes and a key of ${key.length}`;
      test(`RFC 4279 5.3: ${build.name} pulls with ${scene}`, async () => {
        const path = "/fw/boat/one-block";
        identical(await pullFile(build, serving(), scratch(), { path, identity, key }), images["one-block"]!);
      });
    }
  }
}

test.run();
