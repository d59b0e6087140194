// A stock device's transfer over a link in virtual time, recorded at both ends: as `serve --exchanges` writes it, and as a
// capture of what a device that speaks DTLS sends and gets.

import { EXCHANGE_CSV_HEADING, exchangeCsvLine } from "../../sim/fit/exchange-csv.ts";
import { Link } from "../../sim/link/link.ts";
import { Prng } from "../../sim/prng.ts";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { Exchanges } from "../../src/server/exchanges.ts";
import { pcapOf, type SentDatagram } from "./pcap-file.ts";

export const REQUEST_LENGTHS = [70, 200] as const;
/** Of answers: of blocks of 64, 256 and 1024 bytes. */
export const ANSWER_LENGTHS = [107, 299, 1067] as const;

const RECORD_HEADER_LENGTH = 13;
/** A device's timer lies well above the round trips of the links that are recorded. */
const TIMEOUT_MS = 3_000;
const DEVICE = ["10.0.0.2", 40_000] as const;
const SERVER = ["10.0.0.1", 5684] as const;

export interface Recording {
  readonly csv: string;
  readonly pcap: Uint8Array;
}

/** `blockCount` blocks, one at a time. */
export function recordTransfer(profile: LinkProfile, seed: number, blockCount: number): Recording {
  const lines = [`${EXCHANGE_CSV_HEADING}\n`];
  const captured: SentDatagram[] = [];
  let now: Instant = instant(0);
  const exchanges = new Exchanges<string>((_association, exchange) => {
    const { bytesUp, bytesDown, roundTripMs, lost } = exchange;
    const roundTripSeconds = roundTripMs === undefined ? undefined : roundTripMs / 1000;
    lines.push(exchangeCsvLine(now / 1000, { device: "meter, 7", bytesUp, bytesDown, roundTripSeconds, lost }));
  });
  let answers = 0;
  let arrivedBlock = -1;
  const link = new Link(profile, new Prng(seed), {
    deliver: (at, direction, datagram) => {
      now = at;
      const block = blockOf(datagram);
      if (direction === "up") {
        exchanges.handleDatagram(datagram.length);
        exchanges.blockServed(at, "device", block, numberOf(datagram));
        const answer = recordOf(answers++, block, ANSWER_LENGTHS[block % ANSWER_LENGTHS.length]!);
        exchanges.transmitted("device", answer.length);
        link.send(at, "down", answer);
      } else {
        captured.push({ ms: at, from: SERVER, to: DEVICE, payload: datagram });
        arrivedBlock = Math.max(arrivedBlock, block);
      }
    },
  });
  let requests = 0;
  for (let block = 0; block < blockCount; block++) {
    while (arrivedBlock < block) {
      const request = recordOf(requests++, block, REQUEST_LENGTHS[Math.floor(block / 3) % REQUEST_LENGTHS.length]!);
      captured.push({ ms: now, from: DEVICE, to: SERVER, payload: request });
      link.send(now, "up", request);
      const until = now + TIMEOUT_MS;
      for (let next = link.pollTimeout(); arrivedBlock < block; next = link.pollTimeout()) {
        if (next === undefined || next > until) break;
        link.handleTimeout(next);
      }
      if (arrivedBlock < block) now = instant(until);
    }
  }
  return { csv: lines.join(""), pcap: pcapOf(captured) };
}

/** A record of epoch 1 whose sealed content begins with the block's number, which nobody but this file reads. */
function recordOf(number: number, block: number, length: number): Uint8Array {
  const record = Buffer.alloc(length);
  record.set([23, 0xfe, 0xfd, 0, 1]);
  record.writeUInt32BE(number + 1, 7);
  record.writeUInt16BE(length - RECORD_HEADER_LENGTH, 11);
  record.writeUInt32BE(block, RECORD_HEADER_LENGTH);
  return record;
}

function numberOf(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(7);
}

function blockOf(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(RECORD_HEADER_LENGTH);
}
