// `openssl s_client` as a DTLS 1.2 client with a pre-shared key.

import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { Program } from "./program.ts";

/** A handshake on loopback takes milliseconds; OpenSSL's first retransmission comes after a second. */
const LIMIT_MS = 30_000;

export interface OpensslClientInput {
  readonly command: string;
  readonly port: number;
  /** OpenSSL's name: "PSK-AES128-CCM8". */
  readonly cipher: string;
  readonly identity: string;
  readonly key: string;
  readonly flags?: readonly string[];
  readonly limitMs?: number;
}

/** Starts it; what is written to it goes to the server as application data, until its input ends. */
export function opensslClient(input: OpensslClientInput): Program {
  const { command, port, cipher, identity, key, flags = [], limitMs = LIMIT_MS } = input;
  const security = ["-psk_identity", identity, "-psk", toHex(toUtf8(key)), "-cipher", cipher];
  const args = ["s_client", "-dtls1_2", "-connect", `127.0.0.1:${port}`, ...security, ...flags];
  return new Program(command, args, limitMs);
}
