// Vectors of the standards, and the two encodings of each key.

import { concat } from "../../src/base/bytes.ts";
import type { SignatureAlgorithm } from "../../src/crypto/signature.ts";
import { hex } from "./dtls.ts";

export interface SignatureVector {
  readonly name: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const RFC_6979_KEY = {
  algorithm: "es256",
  privateKey: hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
  publicKey: hex(
    "04 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" +
      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
  ),
} as const;

export const SIGNATURE_VECTORS: readonly SignatureVector[] = [
  {
    name: "RFC 8032 7.1 TEST 1",
    algorithm: "ed25519",
    privateKey: hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    publicKey: hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    message: hex(""),
    signature: hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
  },
  {
    name: "RFC 8032 7.1 TEST 3",
    algorithm: "ed25519",
    privateKey: hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
    publicKey: hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
    message: hex("af82"),
    signature: hex(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
  },
  {
    name: 'RFC 6979 A.2.5 "sample"',
    ...RFC_6979_KEY,
    message: new TextEncoder().encode("sample"),
    signature: hex(
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ),
  },
  {
    name: 'RFC 6979 A.2.5 "test"',
    ...RFC_6979_KEY,
    message: new TextEncoder().encode("test"),
    signature: hex(
      "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367" +
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ),
  },
];

/** RFC 8410 4, RFC 5480 2. */
export function spkiOf(algorithm: SignatureAlgorithm, publicKey: Uint8Array): Uint8Array {
  const head = {
    ed25519: "302a300506032b6570032100",
    es256: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
  };
  return concat(hex(head[algorithm]), publicKey);
}

/** RFC 8410 7, RFC 5915 3; of ES256 as OpenSSL writes it, with the public key. */
export function pkcs8Of(algorithm: SignatureAlgorithm, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (algorithm === "ed25519") return concat(hex("302e020100300506032b657004220420"), privateKey);
  const head = hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420");
  return concat(head, privateKey, hex("a144034200"), publicKey);
}
