// What commands are told by their options and arguments: text in, checked values out. Each refusal is one line.

import { CIPHER_SUITES, type CipherSuite, cipherSuiteNamed } from "../dtls/cipher-suite.ts";
import { wrongUse } from "./command-error.ts";

/** A UDP port; 0 lets the system choose. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw wrongUse(`"${text}" is not a port: use a number from 0 to 65535`);
}

/** RFC 7959 2.2. */
export function parseBlockSize(text: string): number {
  const size = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if ([16, 32, 64, 128, 256, 512, 1024].includes(size)) return size;
  throw wrongUse(`"${text}" is not a block size: use 16, 32, 64, 128, 256, 512 or 1024`);
}

/** IANA names between commas, in order of preference. */
export function parseCipherSuites(text: string): readonly CipherSuite[] {
  const names = text.split(",").map((name) => name.trim());
  return [...new Set(names)].map((name) => {
    const suite = cipherSuiteNamed(name);
    if (suite !== undefined) return suite;
    throw wrongUse(`"${name}" is not a cipher suite: use ${CIPHER_SUITES.map((known) => known.name).join(", ")}`);
  });
}
