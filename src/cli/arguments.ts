// What commands are told by their options and arguments: text in, checked values out. Each refusal is one line.

import { type DropSchedule, parseDropSchedule } from "../../sim/link/drop-schedule.ts";
import { WINDOW_MAX } from "../device/congestion-window.ts";
import { DIALECT_NAMES, type Dialect, type DialectName, dialectNamed } from "../device/dialect.ts";
import { CIPHER_SUITES, type CipherSuite, cipherSuiteNamed } from "../dtls/cipher-suite.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { wrongUse } from "./command-error.ts";

/** A UDP port; 0 lets the system choose. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw wrongUse(`"${text}" is not a port: use a number from 0 to 65535`);
}

/** A kind of device. */
export function parseDialect(text: string): Dialect {
  const name = DIALECT_NAMES.find((known) => known === text);
  if (name !== undefined) return dialectNamed(name);
  throw wrongUse(`"${text}" is not a kind of device: use ${DIALECT_NAMES.join(", ")}`);
}

/** A number of requests at a time, or "auto". */
export function parseWindow(text: string): number | "auto" {
  if (text === "auto") return text;
  const requests = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (requests >= 1 && requests <= WINDOW_MAX) return requests;
  throw wrongUse(`"${text}" is not a window: use a number from 1 to ${WINDOW_MAX}, or auto`);
}

export function parseBlockSizeOrAuto(text: string): number | "auto" {
  return text === "auto" ? text : parseBlockSize(text);
}

export interface Endpoint {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** "127.0.0.1:5685", "[::1]:5685", "gateway:5685". */
export function parseEndpoint(text: string): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port === undefined) {
    throw wrongUse(`"${text}" is not HOST:PORT: write it as 127.0.0.1:5685 or [::1]:5685`);
  }
  return { host, port: parsePort(port) };
}

/** What a pseudo-random run can be repeated with. */
export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seed < 2 ** 32) return seed;
  throw wrongUse(`"${text}" is not a seed: use a whole number from 0 to 4294967295`);
}

/** A time that is not nothing. */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,9}(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds;
  throw wrongUse(`"${text}" is not a time: use a number of seconds above 0`);
}

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };
const DURATION_SECONDS_MAX = 31 * 86_400;

/** In seconds: 90s, 30min, 1h, 2d; seconds where no unit follows. */
export function parseDuration(text: string): number {
  const [, count = "", unit = "s"] = /^(\d{1,7}(?:\.\d{1,3})?)(s|min|h|d)?$/.exec(text) ?? [];
  const seconds = count === "" ? Number.NaN : Number(count) * SECONDS_PER_UNIT[unit]!;
  if (seconds <= DURATION_SECONDS_MAX) return seconds;
  throw wrongUse(`"${text}" is not a time: use one such as 90s, 30min, 1h or 2d, at most 31d`);
}

/** RFC 7252 4.8. */
export function parseMaxRetransmit(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 0 && count <= 20) return count;
  throw wrongUse(`"${text}" is no MAX_RETRANSMIT: use a whole number from 0 to 20`);
}

export function refuseMaxRetransmitOf(device: DialectName, maxRetransmit: number | undefined): void {
  if (device !== "own" || maxRetransmit === undefined) return;
  throw wrongUse(
    "our own device has no MAX_RETRANSMIT: --max-retransmit goes with --device zephyr, riot, ncs or libcoap",
  );
}

/** Which datagrams to drop, as libcoap's `-l` takes it. */
export function parseDrops(text: string): DropSchedule {
  const schedule = parseDropSchedule(text);
  if (schedule !== undefined) return schedule;
  throw wrongUse(`"${text}" does not say what to drop: use datagram numbers from 1 on (3,5-7) or a share (10%)`);
}

/** RFC 7959 2.2. */
export function parseBlockSize(text: string): number {
  const size = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if ([16, 32, 64, 128, 256, 512, 1024].includes(size)) return size;
  throw wrongUse(`"${text}" is not a block size: use 16, 32, 64, 128, 256, 512 or 1024`);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** "102400", "100k", "100KiB", "1M", "2G": bytes, and powers of 1024. NaN for anything else. */
export function bytesIn(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,12})(?:(k|m|g)(?:i?b)?)?$/i.exec(text) ?? [];
  return digits === "" ? Number.NaN : Number(digits) * UNITS[unit.toLowerCase()]!;
}

/** The longest image that is wanted, bytes. */
export function parseMaxSize(text: string): number {
  const bytes = bytesIn(text);
  if (bytes >= 1 && bytes <= IMAGE_LENGTH_MAX) return bytes;
  throw wrongUse(`"${text}" is not a size of an image: use bytes, such as 512k or 4M, at most 1G`);
}

const CACHE_SIZE_MIN = 2 ** 20;
const CACHE_SIZE_MAX = 2 ** 40;

/** Bytes of image contents to keep in memory. */
export function parseCacheSize(text: string): number {
  const bytes = bytesIn(text);
  if (bytes >= CACHE_SIZE_MIN && bytes <= CACHE_SIZE_MAX) return bytes;
  throw wrongUse(`"${text}" is not the size of a cache: use bytes, such as 64M or 2G, at least 1M`);
}

/** A slower one could not send a block of 1024 bytes before its device gives up. */
const RATE_MIN = 64;

/** Bytes a second. */
export function parseRate(text: string): number {
  const rate = bytesIn(text);
  if (rate >= RATE_MIN) return rate;
  throw wrongUse(`"${text}" is not a rate: use bytes a second, such as 20k or 5M, at least ${RATE_MIN}`);
}

export function parseSessionCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw wrongUse(`"${text}" is not a number of sessions: use 1 to 9999999`);
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
