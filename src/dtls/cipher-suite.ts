// The cipher suites by IANA name: RFC 6655 (CCM), RFC 5487 (GCM, CBC), RFC 8442 (ECDHE_PSK with AEAD), RFC 5489
// (ECDHE_PSK with CBC). All use the PRF with SHA-256.

import type { RandomSource } from "../base/random-source.ts";
import type { TagLength } from "../crypto/aead.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { aeadProtection } from "./record/aead.ts";
import { cbcProtection } from "./record/cbc.ts";
import type { RecordProtection } from "./record/record-protection.ts";

export interface CipherSuite {
  readonly id: number;
  /** As in the IANA registry; what `--cipher-suites` takes. */
  readonly name: string;
  readonly keyExchange: "psk" | "ecdhe_psk";
  /** RFC 7366 concerns CBC suites only. */
  readonly canEncryptThenMac: boolean;
  /** Made once for all sessions that have it: see SuiteProtections. `random` makes the IVs of CBC. */
  protection(crypto: CryptoProvider, random: RandomSource, encryptThenMac: boolean): RecordProtection;
}

type AeadCipher = readonly [name: "ccm" | "gcm", tagLength: TagLength];

const CCM_8: AeadCipher = ["ccm", 8];
const CCM: AeadCipher = ["ccm", 16];
const GCM: AeadCipher = ["gcm", 16];

/** Every suite that can be named, those first that forward secrecy and short records speak for. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  aeadSuite(0xd003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", "ecdhe_psk", CCM_8),
  aeadSuite(0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "ecdhe_psk", GCM),
  aeadSuite(0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", "psk", CCM_8),
  aeadSuite(0xc0a4, "TLS_PSK_WITH_AES_128_CCM", "psk", CCM),
  aeadSuite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", "psk", GCM),
  cbcSuite(0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", "psk"),
  cbcSuite(0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ecdhe_psk"),
];

/** What a server takes unless told otherwise: all but CBC, which has to be asked for by name. */
export const DEFAULT_CIPHER_SUITES: readonly CipherSuite[] = CIPHER_SUITES.filter((suite) => !suite.canEncryptThenMac);

export function cipherSuiteNamed(name: string): CipherSuite | undefined {
  return CIPHER_SUITES.find((suite) => suite.name === name);
}

function aeadSuite(
  id: number,
  name: string,
  keyExchange: CipherSuite["keyExchange"],
  [cipher, tagLength]: AeadCipher,
): CipherSuite {
  return {
    id,
    name,
    keyExchange,
    canEncryptThenMac: false,
    protection: ({ aead }) => aeadProtection(aead[cipher], aead.arrays, tagLength),
  };
}

function cbcSuite(id: number, name: string, keyExchange: CipherSuite["keyExchange"]): CipherSuite {
  return { id, name, keyExchange, canEncryptThenMac: true, protection: cbcProtection };
}
