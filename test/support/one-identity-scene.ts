// One identity opens sessions without end, as fast as a server lets it, and others have one each, of which nothing is heard
// meanwhile.

import { setTimeout as sleep } from "node:timers/promises";
import { encodeMessage } from "../../src/coap/message.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { messageFromLine } from "./coap-line.ts";
import { DtlsClientSocket } from "./dtls-client-socket.ts";

const SUITE = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;
const OPENING_AT_ONCE = 8;
const ANSWER_MS = 10_000;

export interface OneIdentityInput {
  /** Of the server on 127.0.0.1. */
  readonly port: number;
  /** Text; the server has it for each of the identities. */
  readonly key: string;
  readonly identity: string;
  readonly others: readonly string[];
  readonly openedMax: number;
}

export interface OneIdentityOutcome {
  readonly openedCount: number;
  /** Others that were answered on the session that they had before. */
  readonly stayedCount: number;
}

export async function openSessionsWithoutEnd(input: OneIdentityInput): Promise<OneIdentityOutcome> {
  const open = (identity: string) => DtlsClientSocket.connect({ ...input, identity, suite: SUITE });
  const others: DtlsClientSocket[] = [];
  for (const identity of input.others) others.push(await open(identity));
  let openedCount = 0;
  const openOn = async () => {
    while (openedCount < input.openedMax) {
      openedCount++;
      (await open(input.identity)).vanish();
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openOn));
  const answered = await Promise.all(others.map(isAnswered));
  for (const other of others) other.vanish();
  return { openedCount, stayedCount: answered.filter((isOne) => isOne).length };
}

async function isAnswered(client: DtlsClientSocket): Promise<boolean> {
  client.send(encodeMessage(messageFromLine("CON 0001 GET T=01 /.well-known/core", 0)));
  return Promise.race([client.receive().then(() => true), sleep(ANSWER_MS, false, { ref: false })]);
}
