import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toUtf8 } from "../../../src/base/bytes.ts";
import { instant } from "../../../src/base/instant.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { Secret } from "../../../src/base/secret.ts";
import { CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { DATAGRAM_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import { aeadProtection } from "../../../src/dtls/record/aead.ts";
import { ReadState, WriteState } from "../../../src/dtls/record/connection-state.ts";
import { Session } from "../../../src/dtls/session/session.ts";
import { CRYPTO } from "../../support/crypto.ts";

const session = suite("session");

const CCM_8 = aeadProtection(CRYPTO.aead.ccm, CRYPTO.aead.arrays, 8);

function make(
  peerPlaintextLengthMax: number,
  connectionId: Uint8Array = EMPTY,
  identity = toUtf8("device-1"),
): Session {
  const keys = () => new Secret(new Uint8Array(20));
  return new Session(instant(0), {
    peer: peerAddress("10.0.0.1", 1),
    identity,
    suite: CIPHER_SUITES[0]!,
    read: new ReadState(1, CCM_8, keys(), EMPTY),
    write: new WriteState(1, CCM_8, keys(), connectionId),
    peerPlaintextLengthMax,
  });
}

session("RFC 8449 4: the peer's limit bounds application data, the type byte of a Connection ID included", () => {
  assert.is(make(300).plaintextLengthMax, 300);
  assert.is(make(300, new Uint8Array(4)).plaintextLengthMax, 299);
});

session("a peer without a limit is bounded by what a datagram carries", () => {
  assert.is(make(2 ** 14).plaintextLengthMax, DATAGRAM_LENGTH_MAX - 13 - 16);
  assert.is(make(2 ** 14, new Uint8Array(4)).plaintextLengthMax, DATAGRAM_LENGTH_MAX - 13 - 16 - 4 - 1);
});

session("a session keeps its own copy of the identity", () => {
  const identity = toUtf8("device-1");
  const made = make(300, EMPTY, identity);
  identity.fill(0);
  assert.equal(made.identity, toUtf8("device-1"));
});

session.run();
