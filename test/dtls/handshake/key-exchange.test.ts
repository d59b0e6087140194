import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import {
  decodeClientKeyExchange,
  decodeServerKeyExchange,
  encodeClientKeyExchange,
  encodeServerKeyExchange,
} from "../../../src/dtls/handshake/key-exchange.ts";
import { hex } from "../../vectors/dtls.ts";

const keyExchange = suite("key-exchange");

// psk_identity_hint, curve_type, namedcurve, point
const SERVER_ECDHE = hex("0000 03 001d 04 01020304");

keyExchange("RFC 5489 2: ServerKeyExchange on the wire: an empty hint, then the parameters of RFC 8422 5.4", () => {
  assert.equal(encodeServerKeyExchange(29, hex("01020304")), SERVER_ECDHE);
});

keyExchange("RFC 5489 2: ServerKeyExchange is read, with or without a hint", () => {
  const share = { group: 29, publicKey: hex("01020304") };
  assert.equal(decodeServerKeyExchange(SERVER_ECDHE, "ecdhe_psk"), { identityHint: EMPTY, keyShare: share });
  assert.equal(decodeServerKeyExchange(hex("0002 6869 03 001d 04 01020304"), "ecdhe_psk"), {
    identityHint: hex("6869"),
    keyShare: share,
  });
});

keyExchange("RFC 4279 2: ServerKeyExchange of plain PSK is a hint and nothing else", () => {
  assert.equal(decodeServerKeyExchange(hex("0002 6869"), "psk"), { identityHint: hex("6869") });
  assert.is(decodeServerKeyExchange(hex("0002 6869 00"), "psk"), undefined);
});

for (const curveType of ["01", "02"]) {
  keyExchange(`RFC 8422 5.4: curve_type ${curveType} is not spoken`, () => {
    assert.is(decodeServerKeyExchange(hex(`0000 ${curveType} 001d 04 01020304`), "ecdhe_psk"), undefined);
  });
}

keyExchange("RFC 4279 2: ClientKeyExchange of plain PSK on the wire", () => {
  const wire = hex("0003 646576");
  assert.equal(encodeClientKeyExchange({ identity: hex("646576") }), wire);
  assert.equal(decodeClientKeyExchange(wire, "psk"), { identity: hex("646576") });
});

keyExchange("RFC 5489 2: ClientKeyExchange of ECDHE_PSK on the wire", () => {
  const wire = hex("0003 646576 02 aabb");
  assert.equal(encodeClientKeyExchange({ identity: hex("646576"), publicKey: hex("aabb") }), wire);
  assert.equal(decodeClientKeyExchange(wire, "ecdhe_psk"), { identity: hex("646576"), publicKey: hex("aabb") });
});

keyExchange("RFC 5246 7.4.7: every truncation, and a byte too many, is malformed", () => {
  const client = hex("0003 646576 02 aabb");
  for (let length = 0; length < client.length; length++) {
    assert.is(decodeClientKeyExchange(client.subarray(0, length), "ecdhe_psk"), undefined, `client ${length}`);
  }
  for (let length = 0; length < SERVER_ECDHE.length; length++) {
    assert.is(decodeServerKeyExchange(SERVER_ECDHE.subarray(0, length), "ecdhe_psk"), undefined, `server ${length}`);
  }
  const plain = hex("0003 646576");
  for (let length = 0; length < plain.length; length++) {
    assert.is(decodeClientKeyExchange(plain.subarray(0, length), "psk"), undefined, `client, plain ${length}`);
  }
  assert.is(decodeClientKeyExchange(hex("0003 646576 02 aabb 00"), "ecdhe_psk"), undefined);
  assert.is(decodeClientKeyExchange(client, "psk"), undefined);
});

keyExchange.run();
