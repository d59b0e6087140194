// What floods say: the eight kinds that a server on the open Internet has to live with. Where it takes cryptography, our
// own client has said it once before; the flood repeats it with other bytes in some places.

import { setTimeout as sleep } from "node:timers/promises";
import { blockOption } from "../../src/coap/block.ts";
import { Code } from "../../src/coap/code.ts";
import { encodeMessage } from "../../src/coap/message.ts";
import { type Option, OptionNumber, stringOption } from "../../src/coap/option.ts";
import type { Target } from "../targets/target.ts";
import type { Crowd } from "./crowd.ts";
import type { DeviceCrowd } from "./device-crowd.ts";
import type { FloodDatagram, FloodSpeech, Patch } from "./flood.ts";
import { Handshakes } from "./handshakes.ts";
import { TOKEN_LENGTH } from "./work.ts";

/** Where the random of a ClientHello stands, and its cookie's length when it has no session ID. */
const HELLO_RANDOM: Patch = { offset: 27, length: 32 };
const HELLO_COOKIE_LENGTH_AT = 60;
const HANDSHAKE_TYPE_AT = 13;
const CLIENT_KEY_EXCHANGE = 16;
/** The end of a Finished is ciphertext or tag: with other bytes it is what any other key would have made. */
const TAG_LENGTH = 8;
/** Message ID and token of a request. */
const REQUEST_NUMBER: Patch = { offset: 2, length: 2 + TOKEN_LENGTH };
/** The low half of a record's sequence number. */
const SEQUENCE_NUMBER: Patch = { offset: 7, length: 4 };
/** A later number could be taken for a newer record of the session, were it genuine. */
const RECORDS_OF_EACH = 16;
const RANDOM_LENGTHS = [1, 4, 13, 25, 60, 120, 400, 1_200];
const CONNECT_LOOK_MS = 5;
const CONNECT_LIMIT_MS = 20_000;

/** What one whole handshake of a client consists of. */
export interface ClientFlights {
  readonly hello: Uint8Array;
  readonly helloWithCookie: Uint8Array;
  readonly finished: Uint8Array;
}

/** Of a handshake with `target` that ends well. */
export async function recordedFlights(crowd: Crowd, target: Target): Promise<ClientFlights> {
  const { coapsPort, identity, key } = target;
  const sent: Uint8Array[] = [];
  const credentials = { serverPort: coapsPort!, identity, key, tap: (one: Uint8Array) => void sent.push(one.slice()) };
  const handshakes = new Handshakes(crowd, credentials, (_device, _session, client) => client.close());
  handshakes.begin(0);
  crowd.flush();
  const until = performance.now() + CONNECT_LIMIT_MS;
  while (handshakes.connected === 0 && performance.now() < until) await sleep(CONNECT_LOOK_MS);
  handshakes.close();
  handshakes.check();
  const first = (what: string, fits: (datagram: Uint8Array) => boolean) => {
    const found = sent.find(fits);
    if (found === undefined) throw new Error(`no ${what} was sent in a handshake`);
    return found;
  };
  return {
    hello: first("hello", () => true),
    helloWithCookie: first("hello with a cookie", (datagram) => (datagram[HELLO_COOKIE_LENGTH_AT] ?? 0) > 0),
    finished: first("ClientKeyExchange", (datagram) => datagram[HANDSHAKE_TYPE_AT] === CLIENT_KEY_EXCHANGE),
  };
}

/** First hellos, each of another stranger. */
export function hellos({ hello }: ClientFlights): FloodSpeech {
  return { datagrams: [{ bytes: hello, patches: [HELLO_RANDOM] }], answersServer: false };
}

/** The cookie comes back, and then nothing. */
export function halfOpenHandshakes({ hello, helloWithCookie }: ClientFlights): FloodSpeech {
  const datagrams = [hello, helloWithCookie].map((bytes) => ({ bytes, patches: [HELLO_RANDOM] }));
  return { datagrams, answersServer: true };
}

/** Handshakes that end with a Finished under another key than the identity's. */
export function wrongKeys(flights: ClientFlights): FloodSpeech {
  const { finished } = flights;
  const tag = { offset: finished.length - TAG_LENGTH, length: TAG_LENGTH };
  const { datagrams } = halfOpenHandshakes(flights);
  return { datagrams: [...datagrams, { bytes: finished, patches: [tag] }], answersServer: true };
}

export function randomBytesOfAllLengths(): FloodSpeech {
  const datagrams = RANDOM_LENGTHS.map((length) => ({
    bytes: new Uint8Array(length),
    patches: [{ offset: 0, length }],
  }));
  return { datagrams, answersServer: false };
}

/** Records with a wrong tag: to Connection IDs from anywhere, to the other sessions from their addresses. */
export function forgedRecords(devices: DeviceCrowd): FloodSpeech {
  const datagrams = devices.genuineRecords(1).map(({ device, connectionId, datagram }): FloodDatagram => {
    const tag = { offset: datagram.length - TAG_LENGTH, length: TAG_LENGTH };
    return { ...(!connectionId && { device }), bytes: datagram, patches: [SEQUENCE_NUMBER, tag] };
  });
  return { datagrams, answersServer: false, descriptor: devices.descriptor };
}

/** Records of the sessions themselves, again and again. */
export function replayedRecords(devices: DeviceCrowd): FloodSpeech {
  const datagrams = devices
    .genuineRecords(RECORDS_OF_EACH)
    .map(({ device, datagram }) => ({ device, bytes: datagram, patches: [] }));
  return { datagrams, answersServer: false, descriptor: devices.descriptor };
}

/** Requests without DTLS for the first block of the image, which is what answers most. */
export function plainGets({ path }: Target): FloodSpeech {
  const block = blockOption(OptionNumber.BLOCK2, { num: 0, more: false, szx: 6 });
  return {
    datagrams: [{ bytes: getOf([...pathOptions(path!), block]), patches: [REQUEST_NUMBER] }],
    answersServer: false,
  };
}

/** Requests without DTLS for images that nobody published, each for another one. */
export function unknownPaths(): FloodSpeech {
  const bytes = getOf(pathOptions(["fw", "aaaaaaaa", "aaaaaaaa"]));
  // The last option's value, and that of the one before its one byte of header.
  const version = { offset: bytes.length - 8, length: 8, letters: true };
  const product = { ...version, offset: bytes.length - 17 };
  return { datagrams: [{ bytes, patches: [REQUEST_NUMBER, product, version] }], answersServer: false };
}

/** Requests for the links, each with a query that nobody asked before and that is no filter. */
export function oddLinkQueries(): FloodSpeech {
  const bytes = getOf([...pathOptions([".well-known", "core"]), stringOption(OptionNumber.URI_QUERY, "xaaaaaaaa")]);
  const query = { offset: bytes.length - 8, length: 8, letters: true };
  return { datagrams: [{ bytes, patches: [REQUEST_NUMBER, query] }], answersServer: false };
}

/** Requests for the links with `length` bytes that no GET has. */
export function getsWithPayload(length: number): FloodSpeech {
  const bytes = getOf(pathOptions([".well-known", "core"]), new Uint8Array(length).fill(0x61));
  return { datagrams: [{ bytes, patches: [REQUEST_NUMBER] }], answersServer: false };
}

function pathOptions(path: readonly string[]): readonly Option[] {
  return path.map((segment) => stringOption(OptionNumber.URI_PATH, segment));
}

function getOf(options: readonly Option[], payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encodeMessage({
    type: "CON",
    code: Code.GET,
    messageId: 0,
    token: new Uint8Array(TOKEN_LENGTH),
    options,
    payload,
  });
}
