// The whole server as an object: a datagram goes in, its answer comes out, and nothing else happens. Plain CoAP here; where
// bytes come from, what time it is and who draws at random is the caller's.

import { fromHex, fromUtf8, toUtf8 } from "narrowboat/base/bytes";
import { instant } from "narrowboat/base/instant";
import { peerAddress } from "narrowboat/base/peer-address";
import { decodeMessage } from "narrowboat/coap/message";
import { nodeCrypto } from "narrowboat/crypto/node-crypto";
import { FirmwareServer } from "narrowboat/server/firmware-server";
import { Prng } from "narrowboat/sim/prng";

const bytes = toUtf8("new firmware");
const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
const image = { product: "pump", version: "2", length: bytes.length, sha256: new Uint8Array(32), read };
const catalogue = { find: () => image, list: () => [image] };
const server = new FirmwareServer({ now: instant(0), crypto: nodeCrypto(), random: new Prng(1), catalogue });

const get = fromHex("40010001b266770470756d700132")!; // CON GET /fw/pump/2
server.handleDatagram(instant(1), "coap", peerAddress("192.0.2.1", 5683), get);
const answer = decodeMessage(server.pollTransmit()!.datagram);
if (answer.ok) console.log(fromUtf8(answer.value.payload));
