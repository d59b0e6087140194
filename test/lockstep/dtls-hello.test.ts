// The cookie exchange and the gathering of the second hello, message by message.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import type { HandshakeMessage } from "../../src/dtls/handshake/handshake-message.ts";
import { COOKIE_SECRET_LIFETIME_MS, DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { CLIENT, ScriptedClient } from "../support/scripted-client.ts";

const hello = suite("dtls-hello");

const FLIGHT_4 = ["ServerHello", "ServerHelloDone"];

function scene() {
  const server = new ObservedServer();
  return { server, client: new ScriptedClient(server) };
}

hello("RFC 6347 4.2.1: a hello without cookie is answered by HelloVerifyRequest, and nothing is kept", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  assert.is(server.dtls.handshakeCount, 0);
  assert.is(server.dtls.pollTimeout(), undefined);
});

hello("RFC 6347 4.2.1: the same hello twice, before any association, is answered twice by the same cookie", () => {
  const { server, client } = scene();
  const message = client.clientHello();
  client.send(client.plaintextMessage(message, { sequenceNumber: 5 }));
  client.send(client.plaintextMessage(message, { sequenceNumber: 5 }));
  assert.is(server.sent.length, 2);
  assert.equal(server.sent[0]!.datagram, server.sent[1]!.datagram);
  assert.is(server.dtls.handshakeCount, 0);
});

hello(
  "RFC 6347 4.2.1: HelloVerifyRequest repeats the hello's record number, says DTLS 1.0, and mirrors message_seq",
  () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.clientHello(), { sequenceNumber: 0x010203040506 }));
    const text = toHex(server.sent[0]!.datagram);
    assert.is(text.slice(0, 26), `16 fefd 0000 010203040506 001f`.replaceAll(" ", ""));
    // msg_type 3, length 19, message_seq 0, fragment_offset 0, fragment_length 19, server_version, cookie of 16 bytes
    assert.is(text.slice(26, 56), "03 000013 0000 000000 000013 feff 10".replaceAll(" ", ""));
    assert.is(text.length / 2, 44);
  },
);

hello("RFC 6347 4.2.1: HelloVerifyRequest is never longer than the shortest hello that asks for it", () => {
  const { server, client } = scene();
  const shortest = client.plaintextMessage(client.clientHello({ cipherSuites: [0xc0a8], extensions: {} }));
  client.send(shortest);
  assert.is(shortest.length, 67);
  assert.ok(server.sent[0]!.datagram.length <= shortest.length);
});

hello("RFC 6347 4.2.1, bug pattern 15: no timer sends HelloVerifyRequest again", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  server.elapse(300_000);
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
});

hello("RFC 6347 4.2.1: with its cookie the hello is answered under its own record and message numbers", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.plaintextMessage(client.clientHello(), { sequenceNumber: 9 }));
  const text = toHex(server.sent[1]!.datagram);
  assert.is(text.slice(0, 22), "16fefd0000000000000009");
  assert.is(text.slice(26, 28) + text.slice(34, 38), "02" + "0001");
  assert.equal(client.heard(), FLIGHT_4);
});

hello("RFC 6347 4.1: a hello whose record number leaves no room for the numbers of our answers is dropped", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  for (const sequenceNumber of [2 ** 48 - 1, 2 ** 47 + 1]) {
    client.send(client.plaintextMessage(message, { sequenceNumber }));
    assert.equal(client.heard(), []);
  }
  assert.is(server.counted("sequenceNumberTooHigh"), 2);
  client.send(client.plaintextMessage(message, { sequenceNumber: 2 ** 47 }));
  assert.equal(client.heard(), FLIGHT_4);
});

hello("RFC 6347 4.2.1: a wrong cookie is no cookie: a new HelloVerifyRequest, no alert, nothing kept", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.plaintextMessage(client.clientHello({ cookie: new Uint8Array(16) })));
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  assert.is(server.counted("cookieRefused"), 1);
  assert.is(server.dtls.handshakeCount, 0);
});

hello("RFC 6347 4.2.1: a client whose cookie expired goes on with the new one, whatever its message_seq", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  server.elapse(2 * COOKIE_SECRET_LIFETIME_MS);
  client.send(client.plaintextMessage(client.clientHello()));
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  client.send(client.plaintextMessage(client.clientHello()));
  assert.equal(client.heard(), FLIGHT_4);
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

for (const [what, changes] of [
  ["random (CVE-2020-11501)", { random: new Uint8Array(32) }],
  ["session_id", { sessionId: Uint8Array.of(1) }],
  ["version", { version: 0xfefc }],
] as const) {
  hello(`RFC 6347 4.2.1, bug patterns 13 and 14: a cookie does not hold for another ${what}`, () => {
    const { client } = scene();
    client.send(client.plaintextMessage(client.clientHello()));
    client.heard();
    client.send(client.plaintextMessage(client.clientHello(changes)));
    assert.equal(client.heard(), ["HelloVerifyRequest"]);
  });
}

for (const [what, address] of [
  ["address", peerAddress("192.0.2.2", 40_000)],
  ["port", peerAddress("192.0.2.1", 40_001)],
] as const) {
  hello(`RFC 6347 4.2.1, bug pattern 13: a cookie does not hold for another ${what}`, () => {
    const { client } = scene();
    client.send(client.plaintextMessage(client.clientHello()));
    client.heard();
    client.address = address;
    client.send(client.plaintextMessage(client.clientHello()));
    assert.equal(client.heard(), ["HelloVerifyRequest"]);
  });
}

hello("RFC 6347 4.2.2, bug pattern 11: a first hello with message_seq 1 begins nothing and is not answered", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello({ messageSeq: 1 })));
  assert.equal(client.heard(), []);
  assert.is(server.counted("messageSeqInvalid"), 1);
});

hello("RFC 6347 4.2.2, bug pattern 11: a hello with a good cookie and message_seq 4 begins nothing", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.plaintextMessage(client.clientHello({ messageSeq: 4 })));
  assert.equal(client.heard(), []);
  assert.is(server.counted("messageSeqInvalid"), 1);
});

hello("RFC 6347 4.1, bug pattern 11: a hello in epoch 1 begins nothing and is not answered", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello(), { epoch: 1 }));
  assert.equal(client.heard(), []);
  assert.is(server.counted("unknownPeer"), 1);
});

for (const type of [2, 3, 12, 14, 16, 20]) {
  hello(`RFC 6347 4.2.4, bug pattern 11: a handshake does not begin with message type ${type}`, () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.message(type, new Uint8Array(64))));
    assert.equal(client.heard(), []);
    assert.is(server.counted("unknownPeer"), 1);
  });
}

hello("RFC 6347 4.2.3: a second hello in three fragments, any order behind the first, is gathered", () => {
  const { client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  const end = message.body.length;
  client.send(client.fragment(message, 0, 61));
  client.send(client.fragment(message, 63, end - 63));
  assert.equal(client.heard(), []);
  client.send(client.fragment(message, 60, 5));
  assert.equal(client.heard(), FLIGHT_4);
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

/** Where the cookie of 16 bytes ends in a second hello: version, random, an empty session_id, and its own length before it. */
const COOKIE_END = 2 + 32 + 1 + 1 + 16;

hello("RFC 6347 4.2.1: a first hello in fragments is answered when the first one reaches the cookie's length", () => {
  const { server, client } = scene();
  const message = client.clientHello();
  client.send(client.fragment(message, 0, COOKIE_END - 16 - 1));
  assert.equal(client.heard(), []);
  assert.is(server.counted("clientHelloIncomplete"), 1);
  client.send(client.fragment(message, 0, COOKIE_END - 16));
  client.send(client.fragment(message, COOKIE_END - 16, message.body.length - COOKIE_END + 16));
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  assert.is(server.dtls.handshakeCount, 0);
  assert.equal(client.greet(), FLIGHT_4);
});

hello("RFC 6347 4.2.1: HelloVerifyRequest is no longer than the shortest fragment that asks for it", () => {
  const { server, client } = scene();
  const fragment = client.fragment(client.clientHello(), 0, COOKIE_END - 16);
  client.send(fragment);
  assert.ok(server.sent[0]!.datagram.length <= fragment.length);
});

hello("RFC 6347 4.2.1: a second hello whose first fragment does not reach the cookie keeps no state", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  client.send(client.fragment(message, 0, COOKIE_END - 1));
  client.send(client.fragment(message, COOKIE_END - 1, message.body.length - COOKIE_END + 1));
  assert.equal(client.heard(), []);
  assert.is(server.counted("clientHelloIncomplete"), 1);
  assert.is(server.dtls.handshakeCount, 0);
});

hello("RFC 6347 4.2.1: fragments with a cookie that does not hold keep no state", () => {
  const { server, client } = scene();
  const message = client.clientHello({ cookie: new Uint8Array(16).fill(7), messageSeq: 1 });
  client.send(client.fragment(message, 0, COOKIE_END));
  client.send(client.fragment(message, COOKIE_END, message.body.length - COOKIE_END));
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  assert.is(server.dtls.handshakeCount, 0);
});

const FORTY_SUITES = [0xc0a8, ...Array.from({ length: 38 }, (_, index) => 0x0100 + index), 0x00ff];

/** The hello in fragments of as many bytes as datagrams of `mtu` hold. */
function fragmentsOf(client: ScriptedClient, message: HandshakeMessage, mtu: number): Uint8Array[] {
  const size = mtu - 28 - 13 - 12;
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset < message.body.length; offset += size) {
    fragments.push(client.fragment(message, offset, Math.min(size, message.body.length - offset)));
  }
  return fragments;
}

for (const mtu of [576, 300, 128, 105]) {
  hello(
    `RFC 6347 4.2.3: hellos of 40 suites and more connect in fragments at an MTU of ${mtu}, whatever their order`,
    () => {
      // 400 bytes of an extension that nobody knows make several fragments of it at each MTU.
      const extensions = {
        extendedMasterSecret: true,
        supportedGroups: Array(200).fill(29),
      } as const;
      const { server, client } = scene();
      const changes = { cipherSuites: FORTY_SUITES, extensions };
      const first = fragmentsOf(client, client.clientHello(changes), mtu);
      assert.ok(first.length > (mtu === 576 ? 0 : 1));
      for (const fragment of first.reverse()) client.send(fragment);
      assert.equal(client.heard(), ["HelloVerifyRequest"]);
      assert.is(server.dtls.handshakeCount, 0);
      const message = client.clientHello(changes);
      // What overtook the first fragment comes again: the client repeats its flight, and the order need not get better.
      for (const fragment of fragmentsOf(client, message, mtu).reverse()) client.send(fragment);
      for (const fragment of fragmentsOf(client, message, mtu).reverse()) client.send(fragment);
      assert.equal(client.heard().slice(0, 2), FLIGHT_4);
      assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
    },
  );
}

hello("RFC 6347 4.2.1: a hello that is never completed is forgotten", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.fragment(client.clientHello(), 0, 60));
  assert.is(server.dtls.handshakeCount, 1);
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(server.dtls.handshakeCount, 0);
  assert.is(server.failures[0]!.kind, "timeout");
});

hello("RFC 6347 4.2.4: a repeated second hello brings the same flight under new record numbers", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  client.send(client.plaintextMessage(message));
  client.send(client.plaintextMessage(message));
  assert.equal(client.heard(), [...FLIGHT_4, ...FLIGHT_4]);
  const [first, again] = server.sent.slice(1).map(({ datagram }) => datagram);
  assert.not.equal(first!.subarray(5, 11), again!.subarray(5, 11));
  assert.equal(first!.subarray(11, 60), again!.subarray(11, 60));
});

hello("RFC 6347 4.2.1: a client that was sent back for another cookie in the middle is answered anew", () => {
  const { server, client } = scene();
  client.greet();
  client.send(client.plaintextMessage(client.clientHello({ messageSeq: 3 })));
  assert.equal(client.heard(), FLIGHT_4);
  assert.is(server.dtls.handshakeCount, 2);
});

hello("RFC 6347 4.2.4: copies of the hello that arrive in a burst do not shorten the server's patience", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  for (let copy = 0; copy < 10; copy++) client.send(client.plaintextMessage(message));
  assert.is(client.heard().length, FLIGHT_4.length * 6);
  server.elapse(10_000);
  client.heard();
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

hello("RFC 6347 4.2.4.1: an unanswered flight goes out after 2, 4, 8, 16 and 32 s more, and then no more", () => {
  const { server, client } = scene();
  client.greet();
  for (const ms of [2_000, 4_000, 8_000, 16_000, 32_000]) {
    server.elapse(ms - 1);
    assert.equal(client.heard(), []);
    server.elapse(1);
    assert.equal(client.heard(), FLIGHT_4);
  }
  server.elapse(600_000);
  assert.equal(client.heard(), []);
  // A device that may send for one percent of the time is late, not gone.
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

hello("bug pattern 10: a hello without cookie does not reset a running handshake", () => {
  const { server, client } = scene();
  client.greet();
  const stranger = new ScriptedClient(server, { seed: 5 });
  stranger.send(stranger.plaintextMessage(stranger.clientHello()));
  assert.equal(stranger.heard(), ["HelloVerifyRequest"]);
  client.heard();
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

hello("bug pattern 10: a hello with a wrong cookie does not reset a running handshake", () => {
  const { server, client } = scene();
  client.greet();
  const stranger = new ScriptedClient(server, { seed: 5 });
  stranger.send(stranger.plaintextMessage(stranger.clientHello({ cookie: new Uint8Array(16), messageSeq: 1 })));
  assert.equal(stranger.heard(), ["HelloVerifyRequest"]);
  client.heard();
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

hello("RFC 6347 4.2.8: a rebooted device's new hello, with its cookie, silences its half-open handshake", () => {
  const { server, client } = scene();
  client.greet();
  const rebooted = new ScriptedClient(server, { seed: 5, address: CLIENT });
  assert.equal(rebooted.greet(), FLIGHT_4);
  server.elapse(1_999);
  assert.equal(rebooted.heard(), []);
  server.elapse(1);
  assert.equal(rebooted.heard().slice(0, 2), FLIGHT_4);
  assert.equal(rebooted.finish(), ["ChangeCipherSpec", "Finished"]);
  assert.is(server.dtls.handshakeCount, 0);
});

hello("bug pattern 21: a record whose handshake length is not its fragment's is dropped", () => {
  const { server, client } = scene();
  const record = client.plaintextMessage(client.clientHello());
  // fragment_length one above what the record holds, and length with it
  record[16] = record[16]! + 1;
  record[24] = record[24]! + 1;
  client.send(record);
  assert.equal(client.heard(), []);
  assert.is(server.counted("handshakeTruncated"), 1);
});

hello("bug pattern 21: a fragment that ends beyond its message is dropped", () => {
  const { server, client } = scene();
  const record = client.plaintextMessage(client.clientHello());
  record.set([0xff, 0xff, 0xff], 22);
  client.send(record);
  assert.equal(client.heard(), []);
  assert.is(server.counted("fragmentInconsistent"), 1);
});

hello("bug pattern 21: a list of suites with an odd number of bytes is refused once the address is proven", () => {
  const { server, client } = scene();
  const record = () => {
    const bytes = client.plaintextMessage(client.clientHello());
    // 13 of record header, 12 of handshake header, 2 + 32 + 1 + 1 + cookie: the length of the list then takes one byte more.
    const at = 62 + client.cookie.length;
    bytes[at] = bytes[at]! - 1;
    return bytes;
  };
  client.send(record());
  assert.equal(client.heard(), ["HelloVerifyRequest"]);
  client.send(record());
  assert.equal(client.heard(), ["fatal decode_error"]);
  assert.is(server.failures[0]!.kind, "decodeError");
});

hello("bug pattern 21: a cookie that runs beyond the hello is malformed, and no way around the check", () => {
  const { server, client } = scene();
  const record = client.plaintextMessage(client.clientHello());
  record[60] = 0xff;
  client.send(record);
  assert.equal(client.heard(), []);
  assert.is(server.counted("clientHelloMalformed"), 1);
  assert.is(server.dtls.handshakeCount, 0);
});

hello.run();
