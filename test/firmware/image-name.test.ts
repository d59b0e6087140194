import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imageNameFault, imagePath, PATH_LENGTH_MAX } from "../../src/firmware/image-name.ts";

const test = suite("image-name");

function assertFault(fault: string | undefined, ...parts: readonly string[]): void {
  for (const part of parts) assert.ok(fault?.includes(part), `${fault}: ${part}`);
}

test("RFC 7252 6.1: the path is /fw, the product and the version", () => {
  assert.is(imagePath("movehub", "1.0.0"), "/fw/movehub/1.0.0");
});

for (const [product, version] of [
  ["a", "1"],
  ["Move_Hub-2.x", "v1.0.0-rc.1"],
  ["...", "-"],
] as const) {
  test(`${imagePath(product, version)} is a name`, () => {
    assert.is(imageNameFault(product, version), undefined);
  });
}

test("a path of 64 characters is the longest", () => {
  const product = "p".repeat(PATH_LENGTH_MAX - "/fw//1".length);
  assert.is(imageNameFault(product, "1"), undefined);
  assertFault(imageNameFault(product, "12"), "65 characters", "drop 1");
});

for (const character of ["/", "?", "%", " ", "+", "#", "\0", "\n", "é", "🛶"]) {
  test(`the character ${JSON.stringify(character)} is refused by name`, () => {
    assertFault(imageNameFault(`a${character}`, "1"), "product", JSON.stringify(character));
    assertFault(imageNameFault("a", `1${character}`), "version", JSON.stringify(character));
  });
}

for (const segment of [".", ".."]) {
  test(`RFC 3986 5.2.4: the segment ${segment} is refused`, () => {
    assertFault(imageNameFault(segment, "1"), "product", `"${segment}"`);
    assertFault(imageNameFault("a", segment), "version", `"${segment}"`);
  });
}

test("an empty product and an empty version are refused", () => {
  assertFault(imageNameFault("", "1"), "product is empty");
  assertFault(imageNameFault("a", ""), "version is empty");
});

test.run();
