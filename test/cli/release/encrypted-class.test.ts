import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { spoken } from "../spoken-command.ts";

const test = suite("release/encrypted-class");
const scratch = scratchDirectories(test);

test("a class whose images are encrypted to a key gets none in clear, and says so before anything is published", async () => {
  const directory = scratch();
  const [data, key, to] = ["data", "maker.pem", "device.pem"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const image = join(directory, "image.bin");
  writeFileSync(image, "an image");
  const say = (...words: readonly string[]) => spoken(...words, "--data", data);
  await say("keygen", key);
  await say("keygen", to, "--algorithm", "es256");
  await say("trust", "add", `${key}.pub`, "--product", "pump");
  await say("class", "set", "secret", "--product", "pump", "--encrypt-to", `${to}.pub`);
  const release = ["release", image, "--product", "pump", "--version", "1", "--key", key, "--class", "secret"];
  const refused = await say(...release);
  assert.is(refused.code, 1, JSON.stringify(refused));
  assert.match(JSON.stringify(refused), /release writes them in clear: say class set secret/);
  assert.not.match(JSON.stringify(await say("ls")), /pump/);
  await say("class", "set", "secret", "--product", "pump");
  assert.is((await say(...release)).code, 0);
});

test.run();
