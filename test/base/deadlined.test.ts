// The contract of everything that has a deadline: once what was due is done, the deadline has moved or is gone. Whoever
// breaks it makes an idle server spin, which no test of bytes notices.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DrawnImage } from "../../sim/drawn-image.ts";
import { Prng } from "../../sim/prng.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { rehearsedFleet } from "../../sim/rehearsal/rehearsal.ts";
import { SimulatedDevice } from "../../sim/simulated-device.ts";
import { toHex } from "../../src/base/bytes.ts";
import type { Deadlined } from "../../src/base/deadlined.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { AnswerRates } from "../../src/coap/answer-rates.ts";
import { AssociationTable } from "../../src/coap/association-table.ts";
import { BodyGatherer } from "../../src/coap/block1.ts";
import { CoapClient } from "../../src/coap/coap-client.ts";
import { Code } from "../../src/coap/code.ts";
import { echoOf } from "../../src/coap/echo.ts";
import { KnownOptions } from "../../src/coap/known-options.ts";
import { type DecodedMessage, decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { MessageIds } from "../../src/coap/message-ids.ts";
import { Observers } from "../../src/coap/observers.ts";
import {
  DEFAULT_COAP_SERVER_LIMITS,
  DEFAULT_TRANSMISSION_PARAMETERS,
  PIGGYBACK_DELAY_MAX_MS,
} from "../../src/coap/parameters.ts";
import { type Request, type RequestHandler, readRequest } from "../../src/coap/request.ts";
import { ResendCache } from "../../src/coap/resend-cache.ts";
import { Responder } from "../../src/coap/responder.ts";
import { Retransmitter } from "../../src/coap/retransmission.ts";
import { SeparateResponses } from "../../src/coap/separate-responses.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { ServerContact } from "../../src/device/server-contact.ts";
import { Freshness } from "../../src/server/freshness.ts";
import { ImageBody } from "../../src/server/image-body.ts";
import { Transfers } from "../../src/server/transfers.ts";
import { begunClientHandshake, begunServerHandshake } from "../support/begun-handshake.ts";
import { messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { DtlsPair } from "../support/dtls-pair.ts";
import { type DeviceInput, FirmwarePair, type PairedDevice } from "../support/firmware-pair.ts";
import { addressNumbered, FirmwareScene, KEY, SERVER_ADDRESS } from "../support/firmware-scene.ts";
import { datagram, linkLog } from "../support/link-log.ts";
import { MemoryImage } from "../support/memory-catalogue.ts";
import { ProxyLog } from "../support/proxy-log.ts";
import { rehearsal } from "../support/rehearsals.ts";
import { IMAGE, ScriptedCoapPeer, ZERO_RANDOM } from "../support/scripted-coap-peer.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { SlotBoard } from "../support/slot-board.ts";
import { release, UpdateServer } from "../support/update-server.ts";
import { houseRoot, readHouse } from "../tidy/house.ts";

const deadlined = suite("deadlined");

const START = instant(0);
const REQUEST = Uint8Array.of(0x40, 1, 0, 1);
const HANDLER: RequestHandler<string> = { admit: () => 1_024, handle: () => ({ body: IMAGE }) };
const NO_ONE = { transmit: () => {}, gaveUp: () => {} };

/** Deadlines that a scene may have before it is silent; one that is never silent has broken the contract in another way. */
const DEADLINES_MAX = 20_000;

/** A thing in the midst of its work, with deadlines of every kind that it has. `drive` takes out what it has to say. */
interface Scene {
  readonly thing: Deadlined;
  readonly now: Instant;
  readonly drive?: () => void;
}

/** By the class that has the pair, and how it stands. */
const SCENES: Readonly<Record<string, () => Scene>> = {
  AssociationTable: () => {
    const table = new AssociationTable<string, number, string>({ countMax: 4, lengthMax: 10_000, lifetimeMs: 100 });
    for (const [at, key] of [
      [0, 1],
      [70, 2],
      [5_000, 3],
    ] as const) {
      table.set(instant(at), "a", key, "value", 0);
    }
    return { thing: table, now: instant(5_000) };
  },
  AnswerRates: () => {
    const rates = new AnswerRates<string, string>({ perAssociation: 1_000, total: 1_500 }, (now, name) =>
      rates.debit(now, name, 1_000),
    );
    for (const name of ["a", "b"]) {
      rates.debit(START, name, 3_000);
      rates.enqueue(START, name, name);
    }
    rates.enqueue(START, "c", "c");
    return { thing: rates, now: START };
  },
  ResendCache: () => {
    const cache = new ResendCache<string>({ countMax: 4, lengthMax: 10_000 });
    cache.remember(START, "a", REQUEST, REQUEST);
    cache.remember(instant(60_000), "b", REQUEST, REQUEST);
    return { thing: cache, now: instant(60_000) };
  },
  BodyGatherer: () => {
    const gatherer = new BodyGatherer<string>({ countMax: 4, lengthMax: 10_000 });
    const request = requestOf("CON 1 PUT /r 1:0/1/16 [16 bytes]");
    gatherer.handleBlock(START, HANDLER, request, request.block1!, 6);
    return { thing: gatherer, now: START };
  },
  Responder: () => {
    const outlet = { blockServed: () => {}, counted: () => {} };
    const responder = new Responder(HANDLER, outlet, 6, DEFAULT_COAP_SERVER_LIMITS);
    // A body that is gathered, and the rest of one that answered.
    responder.answer(START, requestOf("CON 1 PUT /r 1:0/1/16 [16 bytes]"));
    responder.answer(instant(30_000), requestOf("CON 2 POST /r 2:0/0/64"));
    return { thing: responder, now: instant(30_000) };
  },
  KnownOptions: () => {
    const known = new KnownOptions();
    known.read(START, "a", messageOf("CON 1 GET /r"), 1_200);
    known.read(instant(1_000), "a", messageOf("CON 2 GET /s"), 1_200);
    return { thing: known, now: instant(1_000) };
  },
  MessageIds: () => {
    const ids = new MessageIds<string>(ZERO_RANDOM, 10_000);
    ids.take(START, "a");
    ids.take(instant(60_000), "b");
    return { thing: ids, now: instant(60_000) };
  },
  Retransmitter: () => {
    const retransmitter = new Retransmitter<string>(NO_ONE, ZERO_RANDOM, DEFAULT_TRANSMISSION_PARAMETERS);
    for (const owner of ["a", "b"]) retransmitter.start(START, owner, REQUEST);
    return { thing: retransmitter, now: START };
  },
  SeparateResponses: () => {
    const responses = new SeparateResponses<string>({ countMax: 4, totalMax: 8 }, NO_ONE, ZERO_RANDOM);
    for (const messageId of [1, 2]) responses.send(START, "a", messageId, REQUEST);
    return { thing: responses, now: START };
  },
  Observers: () => {
    const notification = () => ({ messageId: 1, datagram: REQUEST, isLast: false });
    const outlet = { transmit: () => {}, notification, gaveUp: () => {} };
    const observers = new Observers<string>({ countMax: 4, lengthMax: 10_000 }, outlet, ZERO_RANDOM);
    observers.add(START, requestOf("CON 1 GET T=01 Observe=0 /r"), "r");
    observers.changed(START, () => true);
    return { thing: observers, now: START };
  },
  CoapServer: () => {
    const later: Request<string>[] = [];
    const handle = (request: Request<string>) => {
      if (request.path[0] !== "later") return { body: IMAGE };
      later.push(request);
      return undefined;
    };
    const peer = new ScriptedCoapPeer({ handle });
    peer.sends("CON 1 GET T=01 /r 2:0/0/64");
    peer.sends("CON 2 PUT T=02 /r 1:0/1/16 [16 bytes]");
    peer.sends("CON 3 GET T=03 /later");
    peer.sends("NON 4 GET T=04 /later");
    for (const request of later) peer.server.respond(START, request, { code: Code.CHANGED });
    return { thing: peer.server, now: START };
  },
  "CoapServer, with one who takes separate responses": () => {
    const peer = new ScriptedCoapPeer({ handle: () => undefined });
    peer.sends("CON 1 GET T=01 /later");
    peer.waits(PIGGYBACK_DELAY_MAX_MS);
    peer.receives("ACK 0001 EMPTY");
    peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CONTENT });
    peer.receives("CON 0000 2.05 T=01");
    peer.sends("ACK * EMPTY");
    return { thing: peer.server, now: peer.now };
  },
  "CoapServer, with one who observes and acknowledges nothing": () => {
    const peer = new ScriptedCoapPeer({ observed: () => "list" });
    peer.sends("CON 1 GET T=01 Observe=0 /list");
    peer.server.changed(START, () => true);
    return { thing: peer.server, now: START };
  },
  CoapClient: () => {
    const outlet = { transmit: () => {}, acknowledged: () => {}, response: () => {}, requestFailed: () => {} };
    const client = new CoapClient({ random: ZERO_RANDOM, outlet });
    client.request(START, { code: Code.GET, path: ["r"] });
    client.request(START, { code: Code.GET, path: ["s"] });
    // A separate response, whose acknowledgement is remembered.
    client.handleDatagram(START, encodeMessage(messageFromLine('CON 7 2.05 T=00000000 "hello"', 0)));
    return { thing: client, now: START };
  },
  DtlsServer: () => {
    const pair = new DtlsPair({ connectionId: new Uint8Array(0) }).run(0);
    return { thing: pair.server, now: pair.now };
  },
  "DtlsServer, half open": () => {
    const pair = new DtlsPair({ psk: () => "later" }).run(0);
    return { thing: pair.server, now: pair.now };
  },
  "DtlsServer, whom nobody answers": () => {
    const pair = new DtlsPair({ wire: (_datagram, number) => (number < 4 ? "deliver" : "drop") }).run(0);
    return { thing: pair.server, now: pair.now };
  },
  DtlsClient: () => {
    const pair = new DtlsPair({ wire: () => "drop" });
    return { thing: pair.client, now: pair.now };
  },
  ServerHandshake: () => ({ thing: begunServerHandshake(addressNumbered(1)), now: START }),
  ClientHandshake: () => ({ thing: begunClientHandshake(), now: START }),
  Freshness: () => {
    const freshness = new Freshness(CRYPTO, new SeededRandom(1), true);
    freshness.shown(START, addressNumbered(1));
    return { thing: freshness, now: START };
  },
  Transfers: () => {
    const transfers = new Transfers<string>();
    const image = new MemoryImage("hub", "1.0", new Uint8Array(1_000));
    for (const [at, device] of [
      [0, "a"],
      [60_000, "b"],
    ] as const) {
      transfers.blockServed(instant(at), device, new ImageBody(CRYPTO, image, 0, 1_000), 0, 64);
    }
    return { thing: transfers, now: instant(60_000) };
  },
  FirmwareServer: () => {
    const scene = new FirmwareScene({ coapEcho: true });
    scene.sessionPeer(addressNumbered(1)).asks("CON 1 GET /.well-known/core");
    const peer = scene.plainPeer(addressNumbered(2));
    const challenge = peer.asksMessage(messageFromLine("CON 1 GET /.well-known/core", 0));
    peer.asks(`CON 2 GET /.well-known/core Echo=${toHex(echoOf(challenge)!)}`);
    return { thing: scene.server, now: scene.now, drive: () => scene.drive() };
  },
  "FirmwareServer, with one who observes and one who waits for its rate": () => {
    const scene = new FirmwareScene({ rates: { perAssociation: 1_000 } });
    scene.sessionPeer(addressNumbered(1)).asks("CON 1 GET T=01 Observe=0 /.well-known/core");
    scene.catalogue.publish("hub", "1.0", new Uint8Array(10_000));
    const greedy = scene.sessionPeer(addressNumbered(2));
    for (let i = 1; i < 9; i++) greedy.says(messageFromLine(`CON ${i} GET T=01 /fw/hub/1.0 2:${i}/0/1024`, 0));
    return { thing: scene.server, now: scene.now, drive: () => scene.drive() };
  },
  "ServerContact, that shakes hands": () => deserted({}, () => true),
  "ServerContact, in the midst of a download": () =>
    deserted({ dialect: dialectNamed("zephyr") }, ({ device }) => device.statistics.blocks > 1),
  "ServerContact, on plain CoAP": () => deserted({ secure: false }, ({ device }) => device.statistics.blocks > 1),
  "ServerContact, with an errand": () => {
    const dialect = dialectNamed("own");
    const contact = new ServerContact(START, { server: SERVER_ADDRESS, dialect, crypto: CRYPTO, random: ZERO_RANDOM });
    contact.request(START, { code: Code.POST, path: ["t"] });
    return { thing: contact, now: START };
  },
  "TwoSlotDevice, on trial, that reaches nobody": () => {
    const board = new SlotBoard(new UpdateServer().publish(release({ sequenceNumber: 1, version: "2.0.0" })));
    board.know("2.0.0", release({ sequenceNumber: 1, version: "2.0.0" }).image);
    board.runOnce();
    const thing = board.start()!;
    thing.handleHealth(board.now, true);
    return { thing, now: board.now };
  },
  SimulatedDevice: () => {
    const device: SimulatedDevice = new SimulatedDevice({
      number: 1,
      startsAt: instant(500),
      profile: profileNamed("ideal"),
      dialect: dialectNamed("riot"),
      image: DrawnImage.of(CRYPTO, 1_000, new Prng(1)),
      key: KEY,
      server: SERVER_ADDRESS,
      crypto: CRYPTO,
      random: new Prng(1),
      outlet: { reachesServer: () => false, ended: () => {}, touched: () => {}, violated: () => {} },
    });
    return { thing: device, now: START };
  },
  Link: () => {
    const { link } = linkLog(profileNamed("nb-iot-ce1"));
    for (let id = 0; id < 4; id++) link.send(instant(id), id % 2 === 0 ? "up" : "down", datagram(id, 100));
    return { thing: link, now: instant(3) };
  },
  RehearsedFleet: () => ({ thing: rehearsedFleet(CRYPTO, rehearsal({ deviceCount: 0 }), 1), now: START }),
  LinkProxy: () => {
    const log = new ProxyLog({ profile: "lte-m" });
    for (let client = 1; client < 4; client++) log.fromClient(client, client);
    return { thing: log.proxy, now: START };
  },
};

/** A device whose server falls silent after `until`: it asks again, shakes hands again, and gives up. */
function deserted(input: DeviceInput, until: (paired: PairedDevice) => boolean): Scene {
  const pair = new FirmwarePair({ imageLength: 10_000 });
  const paired = pair.addDevice(input);
  assert.ok(pair.runUntil(() => until(paired)));
  const { device } = paired;
  const drive = () => {
    while (device.pollTransmit() !== undefined);
    while (device.pollEvent() !== undefined);
  };
  return { thing: device, now: pair.now, drive };
}

function requestOf(line: string): Request<string> {
  const read = readRequest("a", messageOf(line), 1_200);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

function messageOf(line: string): DecodedMessage {
  const decoded = decodeMessage(encodeMessage(messageFromLine(line, 0)));
  if (!decoded.ok) throw new Error(decoded.error.kind);
  return decoded.value;
}

for (const [name, scene] of Object.entries(SCENES)) {
  deadlined(`${name}: after handleTimeout(pollTimeout()) the deadline has moved or is gone`, () => {
    const { thing, now, drive } = scene();
    drive?.();
    let last: number = now;
    assert.is.not(thing.pollTimeout(), undefined, "a scene without a deadline shows nothing");
    for (let count = 0; ; count++) {
      const at = thing.pollTimeout();
      if (at === undefined) return;
      assert.ok(count < DEADLINES_MAX, "it is never silent");
      last = Math.max(last, at);
      thing.handleTimeout(at);
      drive?.();
      const next = thing.pollTimeout();
      assert.ok(next === undefined || next > at, `due at ${at} ms, and after that at ${next} ms`);
    }
  });
}

deadlined("whatever has the pair says so, and is driven here", () => {
  const classes = readHouse(houseRoot())
    .filter(({ path }) => /^(?:src|sim)\//.test(path))
    .flatMap(({ code }) => classesWithDeadline(code));
  const driven = new Set(Object.keys(SCENES).map((name) => name.split(",")[0]));
  assert.equal(classes.map(({ name }) => name).sort(), [...driven].sort());
  assert.equal(
    classes.filter(({ head }) => !/\bimplements\b.*\bDeadlined\b/.test(head)),
    [],
  );
});

function classesWithDeadline(code: string): { readonly name: string; readonly head: string }[] {
  const heads = [...code.matchAll(/^(?:export )?class (\w+)[^{]*\{/gm)];
  return heads
    .map((head, index) => ({ head: head[0], name: head[1]!, body: code.slice(head.index, heads[index + 1]?.index) }))
    .filter(({ body }) => /^ {2}pollTimeout\(\)/m.test(body) && /^ {2}handleTimeout\(/m.test(body))
    .map(({ name, head }) => ({ name, head }));
}

deadlined.run();
