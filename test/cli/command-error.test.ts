import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exitCodeFor, jobFailed, wrongUse } from "../../src/cli/command-error.ts";
import { StoreError, type StoreErrorCode } from "../../src/store/store-error.ts";

const test = suite("command-error");

/** Every code, so that a new one has to be thought about here. */
const EXIT_CODES: Readonly<Record<StoreErrorCode, 1 | 2>> = {
  accountKnown: 1,
  accountName: 2,
  accountUnknown: 2,
  busy: 1,
  className: 2,
  csvLine: 2,
  damaged: 1,
  identity: 2,
  imageLength: 2,
  imageName: 2,
  imagePublished: 1,
  key: 2,
  keyFile: 2,
  keyKnown: 1,
  keyRevoked: 1,
  keyUnknown: 2,
  tooManyAccounts: 1,
  tooManyKeys: 1,
  manifest: 2,
  noWayBack: 1,
  masterKey: 2,
  notADirectory: 2,
  permissions: 2,
  releaseOld: 1,
  releaseUnknown: 2,
  registryBroken: 1,
  unknownFormat: 2,
  unreadable: 2,
  unwritable: 1,
};

for (const [code, exitCode] of Object.entries(EXIT_CODES)) {
  test(`a store's "${code}" ends a command with ${exitCode}`, () => {
    assert.is(exitCodeFor(new StoreError(code as StoreErrorCode, "")), exitCode);
  });
}

test("a failed job ends with 1, wrong use with 2, our own mistake with 70", () => {
  assert.equal([jobFailed(""), wrongUse(""), new TypeError(""), "text"].map(exitCodeFor), [1, 2, 70, 70]);
});

test.run();
