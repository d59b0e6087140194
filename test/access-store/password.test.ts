import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  Passwords,
  passwordFault,
  STRETCHED_AT_ONCE_MAX,
  STRETCHING_WAITING_MAX,
} from "../../src/access-store/password.ts";

const test = suite("password");

/** Cheap: 2^4. */
const passwords = new Passwords(4);

test("what is stored verifies its password alone, whatever its costs, and does not hold it", async () => {
  const stored = (await passwords.hash("correct horse battery"))!;
  assert.match(stored, /^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.ok(await passwords.verify("correct horse battery", stored));
  assert.is(await passwords.verify("correct horse batterz", stored), false);
  assert.ok(await new Passwords(5).verify("correct horse battery", stored), "costs that were stored hold");
});

test("an account that is not there costs a stretching too, and no password opens it", async () => {
  assert.is(await passwords.verify("", undefined), false);
  assert.is(await passwords.verify("anything", "damaged"), false);
});

test("the same password as two keyboards compose it is one password", async () => {
  const stored = (await passwords.hash("Gr\u00fc\u00dfe aus K\u00f6ln"))!;
  assert.ok(await passwords.verify("Gru\u0308\u00dfe aus Ko\u0308ln", stored));
});

test("few are stretched at a time, some wait, and more are refused", async () => {
  const asked = Array.from({ length: STRETCHED_AT_ONCE_MAX + STRETCHING_WAITING_MAX + 3 }, () => passwords.hash("x"));
  const refused = (await Promise.all(asked)).filter((text) => text === undefined);
  assert.is(refused.length, 3);
  assert.ok(await passwords.hash("x"), "and then there is room again");
});

test("a password of 11 characters is refused, and one of 12 is none too short", () => {
  assert.match(passwordFault("elevenchars") ?? "", /11 characters: use 12 to 256/);
  assert.is(passwordFault("twelve chars"), undefined);
  assert.ok(passwordFault("x".repeat(257)));
});

test.run();
