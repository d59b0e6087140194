import { suite } from "uvu";
import * as assert from "uvu/assert";
import { latin1Of } from "../../../src/base/bytes.ts";
import { instant } from "../../../src/base/instant.ts";
import { CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { DTLS_PARAMETERS } from "../../../src/dtls/parameters.ts";
import { ResumableSessions, SESSION_ID_LENGTH } from "../../../src/dtls/session/resumable-sessions.ts";

const resumableSessions = suite("resumable-sessions");

const START = instant(0);
const SESSION_ID = new Uint8Array(SESSION_ID_LENGTH).fill(1);
const SESSION = {
  sessionId: latin1Of(SESSION_ID),
  identityKey: "device-1",
  suite: CIPHER_SUITES[0]!,
  encryptThenMac: false,
};

for (const [how, forget] of [
  ["its time is over", (all: ResumableSessions) => all.forgetDue(instant(DTLS_PARAMETERS.resumptionMs))],
  ["its key was removed", (all: ResumableSessions) => all.forgetIdentity(SESSION.identityKey)],
  ["the server ends", (all: ResumableSessions) => all.forgetAll()],
] as const) {
  resumableSessions(`nothing of a master secret is left when ${how}`, () => {
    const all = new ResumableSessions(DTLS_PARAMETERS);
    const keys = { shared: false, masterSecret: new Uint8Array(48).fill(0xa5) };
    all.add(START, SESSION, keys);
    const kept = all.find(START, SESSION_ID)!.masterSecret.reveal();
    assert.equal(kept, keys.masterSecret);
    forget(all);
    assert.equal([all.size, kept], [0, new Uint8Array(48)]);
  });
}

resumableSessions.run();
