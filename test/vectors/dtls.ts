// Published test vectors for the DTLS core; README.md names where each comes from.

import { fromHex } from "../../src/base/bytes.ts";

export function hex(text: string): Uint8Array {
  return fromHex(text)!;
}

/** P_SHA256 of RFC 5246 5. */
export const PRF_VECTOR = {
  secret: hex("9bbe436ba940f017b17652849a71db35"),
  seed: hex("a0ba9f936cda311827a6f796ffd5198c"),
  label: "test label",
  output: hex(`
    e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
    6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
    4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
    87347b66`),
};

/** Diffie-Hellman over curve25519. */
export const X25519_VECTOR = {
  privateKey: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  publicKey: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
  peerPublicKey: hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
  sharedSecret: hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"),
};

/** Diffie-Hellman over secp256r1. */
export const SECP256R1_VECTOR = {
  privateKey: hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
  publicKey: hex(`04
    dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180
    5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3`),
  peerPublicKey: hex(`04
    d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63
    56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab`),
  sharedSecret: hex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"),
};
