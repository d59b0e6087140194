// A client of DTLS whose datagrams are mutated on their way: with no key it reaches every state of a handshake, with a key
// it is an insider, whose authentic records bring hostile content.

import { toUtf8 } from "../../../src/base/bytes.ts";
import { type Instant, instant } from "../../../src/base/instant.ts";
import type { PeerAddress } from "../../../src/base/peer-address.ts";
import { Secret } from "../../../src/base/secret.ts";
import { CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { DtlsClient } from "../../../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../../../src/dtls/parameters.ts";
import { ContentType } from "../../../src/dtls/record/record.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { KEY, SERVER_ADDRESS } from "../../support/firmware-scene.ts";
import type { SeededRandom } from "../../support/seeded-random.ts";
import { hostileMessage } from "./message-mutation.ts";
import { mutatedRecords } from "./record-mutation.ts";

/** Whom the owner of the server knows, besides its honest devices. */
export const INSIDER_IDENTITY = toUtf8("insider");

const WRONG_KEY = new Secret(toUtf8("some other key.."));
const RECORD_TYPES = [ContentType.change_cipher_spec, ContentType.alert, ContentType.handshake, 27];

export interface HostileClientInput {
  readonly now: Instant;
  readonly random: SeededRandom;
  readonly insider: boolean;
  readonly address: PeerAddress;
  readonly transmit: (datagram: Uint8Array) => void;
  /** What it says in a session; hostileMessage when absent. */
  readonly says?: (random: SeededRandom) => Uint8Array;
}

export class HostileClient {
  readonly address: PeerAddress;
  readonly #input: HostileClientInput;
  /** What it sends while it is being made waits until it is there. */
  readonly #early: Uint8Array[] = [];
  readonly #client: DtlsClient;
  readonly #sent: Uint8Array[] = [];
  #made = false;

  constructor(input: HostileClientInput) {
    const { random, insider, now } = input;
    this.#input = input;
    this.address = input.address;
    const knownIdentity = insider || random.below(2) === 0;
    this.#client = new DtlsClient(now, {
      crypto: CRYPTO,
      server: SERVER_ADDRESS,
      identity: knownIdentity ? INSIDER_IDENTITY : toUtf8(`nobody-${random.below(4)}`),
      key: insider ? KEY : WRONG_KEY,
      suites: CIPHER_SUITES.filter(() => random.below(2) === 0).concat(CIPHER_SUITES[random.below(7)]!),
      ...(random.below(2) === 0 && { connectionId: Uint8Array.of(1, 2, 3).subarray(random.below(4)) }),
      ...(random.below(4) === 0 && { recordSizeLimit: 64 + random.below(200) }),
      parameters: DTLS_PARAMETERS,
      random,
      outlet: {
        transmit: (datagram) => this.#transmit(datagram),
        connected: () => {},
        applicationData: () => {},
        ended: () => {},
        counted: () => {},
      },
    });
    this.#made = true;
    for (const datagram of this.#early.splice(0)) this.#transmit(datagram);
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
    this.#client.handleDatagram(now, datagram);
  }

  /** Does one hostile thing. */
  act(now: Instant): void {
    const { random, says = hostileMessage } = this.#input;
    const session = this.#client.session;
    if (session === undefined) this.#client.handleTimeout(this.#client.pollTimeout() ?? now);
    else if (random.below(8) === 0) {
      const content = random.below(2) === 0 ? hostileMessage(random).subarray(0, 60) : Uint8Array.of(1, 0);
      this.#transmit(session.write.seal(RECORD_TYPES[random.below(RECORD_TYPES.length)]!, content));
    } else {
      const message = says(random).subarray(0, session.plaintextLengthMax);
      this.#transmit(session.write.seal(ContentType.application_data, message));
    }
    if (random.below(4) === 0) this.#client.handleTimeout(instant(now + 1_000));
  }

  /** An insider's records mostly arrive as they are; a stranger's flights mostly do not. */
  #transmit(datagram: Uint8Array): void {
    if (!this.#made) {
      this.#early.push(datagram);
      return;
    }
    const { random, insider, transmit } = this.#input;
    this.#sent.push(datagram);
    const mutate = random.below(insider ? 12 : 3) === 0;
    transmit(mutate ? mutatedRecords(random, datagram, this.#sent) : datagram);
  }
}
