import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkImageName, imagePath, PATH_LENGTH_MAX } from "../../firmware-store/image-name.ts";
import { throwsStoreError } from "../store/scratch-directory.ts";

const test = suite("image-name");

test("RFC 7252 6.1: the path is /fw, the product and the version", () => {
  assert.is(imagePath("movehub", "1.0.0"), "/fw/movehub/1.0.0");
});

for (const [product, version] of [
  ["a", "1"],
  ["Move_Hub-2.x", "v1.0.0-rc.1"],
  ["...", "-"],
] as const) {
  test(`${imagePath(product, version)} is a name`, () => {
    checkImageName(product, version);
  });
}

test("a path of 64 characters is the longest", () => {
  const product = "p".repeat(PATH_LENGTH_MAX - "/fw//1".length);
  checkImageName(product, "1");
  throwsStoreError(() => checkImageName(product, "12"), "image-name", "65 characters", "drop 1");
});

for (const character of ["/", "?", "%", " ", "+", "#", "\0", "\n", "é", "🛶"]) {
  test(`the character ${JSON.stringify(character)} is refused by name`, () => {
    throwsStoreError(() => checkImageName(`a${character}`, "1"), "image-name", "product", JSON.stringify(character));
    throwsStoreError(() => checkImageName("a", `1${character}`), "image-name", "version", JSON.stringify(character));
  });
}

for (const segment of [".", ".."]) {
  test(`RFC 3986 5.2.4: the segment ${segment} is refused`, () => {
    throwsStoreError(() => checkImageName(segment, "1"), "image-name", "product", `"${segment}"`);
    throwsStoreError(() => checkImageName("a", segment), "image-name", "version", `"${segment}"`);
  });
}

test("an empty product and an empty version are refused", () => {
  throwsStoreError(() => checkImageName("", "1"), "image-name", "product is empty");
  throwsStoreError(() => checkImageName("a", ""), "image-name", "version is empty");
});

test.run();
