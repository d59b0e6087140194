// The client alone, against a server that says what the test tells it to.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "../../src/base/byte-reader.ts";
import { concat, EMPTY, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { type ClientEnd, DtlsClient } from "../../src/dtls/dtls-client.ts";
import type { Discard } from "../../src/dtls/errors.ts";
import type { ClientHandshakeInput } from "../../src/dtls/handshake/client-handshake.ts";
import type { Extensions } from "../../src/dtls/handshake/extension.ts";
import { encodeHandshakeMessage, HandshakeType } from "../../src/dtls/handshake/handshake-message.ts";
import { encodeHelloVerifyRequest, encodeServerHello, type ServerHello } from "../../src/dtls/handshake/hello.ts";
import { encodeServerKeyExchange } from "../../src/dtls/handshake/key-exchange.ts";
import { keyBlock, masterSecret, premasterSecret } from "../../src/dtls/handshake/key-schedule.ts";
import { DTLS_PARAMETERS, HANDSHAKE_DATAGRAM_LENGTH_MAX } from "../../src/dtls/parameters.ts";
import { WriteState } from "../../src/dtls/record/connection-state.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { CRYPTO } from "../support/crypto.ts";
import { KEY } from "../support/observed-server.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const speech = suite("dtls-server-speech");

const PSK_SUITE = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;
const ECDHE_SUITE = cipherSuiteNamed("TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256")!;

const SERVER_HELLO: ServerHello = {
  version: 0xfefd,
  random: new Uint8Array(32),
  sessionId: EMPTY,
  cipherSuite: PSK_SUITE.id,
  compressionMethod: 0,
  extensions: {},
};

class ObservedClient {
  now: Instant = instant(0);
  readonly dtls: DtlsClient;
  readonly sent: Uint8Array[] = [];
  readonly discards: Discard[] = [];
  end: ClientEnd | undefined;
  readonly #plain = WriteState.plaintext(0);

  constructor(offer: Pick<ClientHandshakeInput, "connectionId" | "maxFragmentLength" | "recordSizeLimit"> = {}) {
    this.dtls = new DtlsClient(this.now, {
      crypto: CRYPTO,
      server: peerAddress("192.0.2.99", 5684),
      identity: toUtf8("device-1"),
      key: KEY,
      suites: [PSK_SUITE, ECDHE_SUITE],
      parameters: DTLS_PARAMETERS,
      random: new SeededRandom(3),
      ...offer,
      outlet: {
        transmit: (datagram) => this.sent.push(datagram),
        connected: () => {},
        applicationData: () => {},
        ended: (_now, end) => {
          this.end = end;
        },
        counted: (discard) => this.discards.push(discard),
      },
    });
  }

  /** A plaintext record from the server. */
  hear(type: number, content: Uint8Array): this {
    this.dtls.handleDatagram(this.now, this.#plain.seal(type, content));
    return this;
  }

  hearMessage(type: number, messageSeq: number, body: Uint8Array): this {
    return this.hear(ContentType.handshake, encodeHandshakeMessage({ type, messageSeq, body }));
  }

  hearServerHello(changes: Partial<ServerHello>, messageSeq = 0): this {
    return this.hearMessage(2, messageSeq, encodeServerHello({ ...SERVER_HELLO, ...changes }));
  }

  /** Passes time, and counts the datagrams that the client sends meanwhile. */
  elapse(ms: number): number {
    const before = this.sent.length;
    const end = addMs(this.now, ms);
    for (let due = this.dtls.pollTimeout(); due !== undefined && due <= end; due = this.dtls.pollTimeout()) {
      this.now = due;
      this.dtls.handleTimeout(due);
    }
    this.now = end;
    return this.sent.length - before;
  }
}

speech(
  "RFC 6347 4.2.1: the hello after HelloVerifyRequest repeats the random, with message_seq 1 and the cookie",
  () => {
    const client = new ObservedClient();
    client.hearMessage(3, 0, encodeHelloVerifyRequest(Uint8Array.of(1, 2, 3)));
    const [first, second] = client.sent;
    assert.is(second![18], 1);
    assert.equal(second!.subarray(25, 60), first!.subarray(25, 60));
    assert.equal([...second!.subarray(60, 64)], [3, 1, 2, 3]);
  },
);

speech("RFC 6347 4.2.1: the same HelloVerifyRequest twice brings one hello", () => {
  const client = new ObservedClient();
  const body = encodeHelloVerifyRequest(Uint8Array.of(1));
  client.hearMessage(3, 0, body).hearMessage(3, 0, body);
  assert.is(client.sent.length, 2);
});

speech("RFC 6347 4.2.1: a server whose cookies never hold is followed three times", () => {
  const client = new ObservedClient();
  for (let i = 1; i <= 10; i++) client.hearMessage(3, 0, encodeHelloVerifyRequest(Uint8Array.of(i)));
  assert.is(client.sent.length, 4);
});

speech("RFC 6347 4.2.4.1: a server that says nothing is asked six times, then the client gives up", () => {
  const client = new ObservedClient();
  assert.is(client.elapse(300_000), 5);
  assert.is(client.end?.kind, "timeout");
  assert.is(client.dtls.pollTimeout(), undefined);
});

speech("RFC 6347 4.2.4: with ServerHello here and ServerHelloDone lost, the client's timer goes on", () => {
  const client = new ObservedClient().hearServerHello({});
  assert.is(client.elapse(2_000), 1);
  client.elapse(300_000);
  assert.is(client.end?.kind, "timeout");
});

speech("RFC 6347 4.2.2: ServerHelloDone before its ServerHello waits for it", () => {
  const client = new ObservedClient().hearMessage(14, 1, EMPTY);
  assert.is(client.sent.length, 1);
  client.hearServerHello({});
  assert.is(client.sent.length, 2);
});

speech("RFC 6347 4.2.4: a repeated ServerHelloDone brings the client's flight again, a bounded number of times", () => {
  const client = new ObservedClient().hearServerHello({}).hearMessage(14, 1, EMPTY);
  const before = client.sent.length;
  for (let i = 0; i < 20; i++) client.hearMessage(14, 1, EMPTY);
  assert.is(client.sent.length - before, DTLS_PARAMETERS.retransmissionsMax);
});

const REFUSED: readonly [string, Partial<ServerHello> & { readonly extensions?: Extensions }, string][] = [
  ["RFC 5246 7.4.1.3: another version", { version: 0xfeff }, "protocolVersion"],
  ["RFC 5246 7.4.1.3: a suite not offered", { cipherSuite: 0xc0a4 }, "noCommonCipherSuite"],
  ["RFC 5246 7.4.1.3: compression", { compressionMethod: 1 }, "compressionMissing"],
  ["RFC 5246 7.4.1.4: an extension not asked for", { extensions: { encryptThenMac: true } }, "extensionUnasked"],
  ["RFC 9146 3: an ID not asked for", { extensions: { connectionId: EMPTY } }, "extensionUnasked"],
  [
    "RFC 5746 3.4: renegotiation_info that is not empty",
    { extensions: { renegotiationInfo: Uint8Array.of(1) } },
    "renegotiationInfoInvalid",
  ],
];

for (const [what, hello, kind] of REFUSED) {
  speech(`${what} in ServerHello ends the handshake`, () => {
    const client = new ObservedClient().hearServerHello(hello);
    assert.is(client.end?.kind, kind);
    assert.is(client.sent.at(-1)![0], ContentType.alert);
  });
}

speech("RFC 5246 7.4.1.4: an extension that the client does not even know ends the handshake", () => {
  const body = concat(encodeServerHello(SERVER_HELLO), Uint8Array.of(0, 4, 0, 35, 0, 0));
  assert.is(new ObservedClient().hearMessage(2, 0, body).end?.kind, "extensionUnasked");
});

speech("RFC 6066 4: another max_fragment_length than asked for ends the handshake", () => {
  const client = new ObservedClient({ maxFragmentLength: 2 }).hearServerHello({ extensions: { maxFragmentLength: 3 } });
  assert.is(client.end?.kind, "recordSizeLimitInvalid");
});

speech("RFC 8449 4: a record_size_limit below 64 ends the handshake", () => {
  const client = new ObservedClient({ recordSizeLimit: 900 }).hearServerHello({ extensions: { recordSizeLimit: 63 } });
  assert.is(client.end?.kind, "recordSizeLimitInvalid");
});

speech("RFC 8449 5: record_size_limit beside max_fragment_length ends the handshake", () => {
  const client = new ObservedClient({ maxFragmentLength: 2, recordSizeLimit: 900 });
  client.hearServerHello({ extensions: { maxFragmentLength: 2, recordSizeLimit: 900 } });
  assert.is(client.end?.kind, "recordSizeLimitInvalid");
});

speech("RFC 6347 4.2.8: a second ServerKeyExchange, of the answer to a repeated hello, is passed over", () => {
  const client = new ObservedClient().hearServerHello({});
  client.hearMessage(12, 1, Uint8Array.of(0, 0)).hearMessage(12, 2, Uint8Array.of(0, 0)).hearMessage(14, 2, EMPTY);
  assert.is(client.end, undefined);
  assert.is(client.sent.length, 2);
});

/** The server's write state of a plain PSK handshake without extended master secret. */
function serverKeys(client: ObservedClient): WriteState {
  const clientRandom = client.sent[0]!.subarray(27, 59);
  const master = masterSecret(CRYPTO, premasterSecret(KEY.reveal()), clientRandom, SERVER_HELLO.random);
  const block = new ByteReader(keyBlock(CRYPTO, master, clientRandom, SERVER_HELLO.random, 40));
  block.take(16);
  const key = block.take(16);
  block.take(4);
  const protection = PSK_SUITE.protection(CRYPTO, new SeededRandom(1), false);
  return new WriteState(1, protection, new Secret(concat(key, block.take(4))), EMPTY);
}

for (const length of [11, 12, 13]) {
  speech(
    `RFC 5246 7.4.9: ${length} bytes of wrong verify_data from the server end the handshake by decrypt_error`,
    () => {
      const client = new ObservedClient().hearServerHello({}).hearMessage(14, 1, EMPTY);
      client.hear(ContentType.change_cipher_spec, Uint8Array.of(1));
      const finished = encodeHandshakeMessage({ type: 20, messageSeq: 2, body: new Uint8Array(length) });
      client.dtls.handleDatagram(client.now, serverKeys(client).seal(ContentType.handshake, finished));
      assert.is(client.end?.kind, "finishedMismatch");
      assert.equal(Uint8Array.from(client.sent.at(-1)!.subarray(13)), encodeAlert("fatal", "decrypt_error"));
      assert.is(client.dtls.session, undefined);
    },
  );
}

speech("RFC 9146 3: a server that wants a long ID in every record is refused, not served by torn datagrams", () => {
  const client = new ObservedClient({ connectionId: EMPTY });
  client.hearServerHello({ extensions: { connectionId: new Uint8Array(33) } });
  assert.is(client.end?.kind, "connectionIdTooLong");
});

speech("RFC 9146 3: an ID of 32 bytes still fits the client's Finished", () => {
  const client = new ObservedClient({ connectionId: EMPTY });
  client.hearServerHello({ extensions: { connectionId: new Uint8Array(32) } }).hearMessage(14, 1, EMPTY);
  assert.is(client.end, undefined);
  assert.ok(client.sent.every((datagram) => datagram.length <= HANDSHAKE_DATAGRAM_LENGTH_MAX));
});

speech("RFC 5489 2: an ECDHE suite without ServerKeyExchange ends the handshake", () => {
  const client = new ObservedClient().hearServerHello({ cipherSuite: ECDHE_SUITE.id }).hearMessage(14, 1, EMPTY);
  assert.is(client.end?.kind, "unexpectedMessage");
});

for (const [what, group, publicKey, kind] of [
  ["a group not offered", 24, new Uint8Array(97), "noCommonGroup"],
  ["a point of small order", 29, new Uint8Array(32), "keyShareInvalid"],
  ["a point off the curve", 23, new Uint8Array(65).fill(4), "keyShareInvalid"],
] as const) {
  speech(`RFC 8422 5.11: ${what} in ServerKeyExchange ends the handshake`, () => {
    const client = new ObservedClient().hearServerHello({ cipherSuite: ECDHE_SUITE.id });
    client.hearMessage(12, 1, encodeServerKeyExchange(group, publicKey)).hearMessage(14, 2, EMPTY);
    assert.is(client.end?.kind, kind);
  });
}

speech("RFC 4279 2: a ServerKeyExchange with a hint is heard, and the hint passed over", () => {
  const client = new ObservedClient().hearServerHello({});
  client.hearMessage(12, 1, concat(Uint8Array.of(0, 4), toUtf8("hint"))).hearMessage(14, 2, EMPTY);
  assert.is(client.end, undefined);
  assert.is(client.sent.length, 2);
});

for (const [when, earlier] of [
  ["before", true],
  ["after", false],
] as const) {
  speech(`RFC 6347 4.2.8: another ServerHello, for a hello that was repeated, ${when} ours ends no handshake`, () => {
    const client = new ObservedClient();
    if (earlier) client.hearMessage(2, 1, encodeServerHello(SERVER_HELLO));
    client.hearServerHello({});
    if (!earlier) client.hearMessage(2, 1, encodeServerHello(SERVER_HELLO));
    client.hearMessage(14, 1, EMPTY);
    assert.is(client.end, undefined);
    assert.is(client.sent.length, 2);
  });
}

for (const type of [0, 1, 11, 16, 20]) {
  speech(`RFC 5246 7.3: message type ${type} in place of ServerHello ends the handshake`, () => {
    assert.is(new ObservedClient().hearMessage(type, 0, EMPTY).end?.kind, "unexpectedMessage");
  });
}

speech("RFC 5246 7.2.2: before there is an association, the server's fatal alert is believed", () => {
  const client = new ObservedClient().hear(ContentType.alert, encodeAlert("fatal", "handshake_failure"));
  assert.equal(client.end, { kind: "peerAlert", detail: "handshake_failure" });
});

speech("RFC 5246 7.2: a warning ends nothing", () => {
  const client = new ObservedClient().hear(ContentType.alert, encodeAlert("warning", "user_canceled"));
  assert.is(client.end, undefined);
});

speech("RFC 6347 4.1: a Finished in plaintext does not connect a client", () => {
  const client = new ObservedClient().hearServerHello({}).hearMessage(14, 1, EMPTY);
  client.hear(ContentType.change_cipher_spec, Uint8Array.of(1)).hearMessage(20, 2, new Uint8Array(12));
  assert.is(client.dtls.session, undefined);
  assert.is(client.discards.at(-1), "handshakeUnexpected");
});

speech("RFC 6347 4.1: ChangeCipherSpec and data before ServerHello are dropped", () => {
  const client = new ObservedClient();
  client.hear(ContentType.change_cipher_spec, Uint8Array.of(1)).hear(ContentType.application_data, toUtf8("x"));
  assert.equal(client.discards, ["changeCipherSpecUnexpected", "applicationDataBeforeFinished"]);
});

/** A HelloVerifyRequest with a cookie of these bytes, in a record of this number. */
function helloVerifyRequest(cookie: number, sequenceNumber: number): Uint8Array {
  const body = encodeHelloVerifyRequest(new Uint8Array(16).fill(cookie));
  const message = encodeHandshakeMessage({ type: HandshakeType.hello_verify_request, messageSeq: 0, body });
  return WriteState.plaintext(sequenceNumber).seal(ContentType.handshake, message);
}

speech("RFC 6347 4.2.1: a late HelloVerifyRequest for a copy of the first hello does not undo the second", () => {
  const client = new ObservedClient();
  // Both carry record number 0, as the first hello did; the secret has changed between the two copies of it.
  client.dtls.handleDatagram(client.now, helloVerifyRequest(1, 0));
  client.dtls.handleDatagram(client.now, helloVerifyRequest(2, 0));
  assert.is(client.sent.length, 2);
  assert.equal(client.discards, ["handshakeRepeated"]);
});

speech("RFC 6347 4.2.1: a HelloVerifyRequest for the hello with the cookie is followed: the cookie had expired", () => {
  const client = new ObservedClient();
  client.dtls.handleDatagram(client.now, helloVerifyRequest(1, 0));
  client.dtls.handleDatagram(client.now, helloVerifyRequest(2, 1));
  assert.is(client.sent.length, 3);
});

speech.run();
