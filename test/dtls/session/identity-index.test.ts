import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toUtf8 } from "../../../src/base/bytes.ts";
import { instant } from "../../../src/base/instant.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { Secret } from "../../../src/base/secret.ts";
import { CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { ReadState, WriteState } from "../../../src/dtls/record/connection-state.ts";
import { NULL_PROTECTION } from "../../../src/dtls/record/record-protection.ts";
import { IdentityIndex } from "../../../src/dtls/session/identity-index.ts";
import { Session } from "../../../src/dtls/session/session.ts";

const identityIndex = suite("identity-index");

function session(identity: string, lastActiveAt = 0): Session {
  return new Session(instant(lastActiveAt), {
    peer: peerAddress("10.0.0.1", 1),
    identity: toUtf8(identity),
    suite: CIPHER_SUITES[0]!,
    encryptThenMac: false,
    read: new ReadState(1, NULL_PROTECTION, new Secret(EMPTY), EMPTY),
    write: new WriteState(1, NULL_PROTECTION, new Secret(EMPTY), EMPTY),
    peerPlaintextLengthMax: 1_000,
  });
}

identityIndex("whatever comes and goes, each identity has its own sessions, the eldest first", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(2), fc.nat(9)), { maxLength: 60 }), (steps) => {
      const index = new IdentityIndex();
      const expected: Session[][] = [[], [], []];
      for (const [comes, identity, which] of steps) {
        const own = expected[identity]!;
        if (comes) {
          const one = session(`${identity}`);
          own.push(one);
          index.add(one);
        } else if (own.length > 0) {
          for (const one of own.splice(which % own.length, 1)) index.remove(one);
        }
        for (const [i, sessions] of expected.entries()) {
          const found = [...index.of(`${i}`)];
          assert.ok(found.length === sessions.length && found.every((one, j) => one === sessions[j]));
          assert.is(index.hasAtLeast(`${i}`, 3), sessions.length >= 3);
        }
      }
    }),
    { seed: 9, numRuns: 200 },
  );
});

identityIndex("the least recently used of an identity is found, and that of none is undefined", () => {
  const index = new IdentityIndex();
  const sessions = [30, 10, 20].map((at) => session("one", at));
  for (const one of [...sessions, session("two", 1)]) index.add(one);
  assert.is(index.leastRecentOf("one"), sessions[1]);
  assert.is(index.leastRecentOf("three"), undefined);
});

identityIndex.run();
