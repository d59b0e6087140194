// UDP datagrams in a capture file of tcpdump (libpcap's classic format, draft-ietf-opsawg-pcap): a reader of our own, since
// the packages of the registry that read it are older than ten years or come with a library in C. What is no UDP, is a
// fragment, or was cut by the capture's length is passed over and counted.

import { FitError } from "./exchange.ts";

/** Bytes of a file, which is read whole. */
export const PCAP_LENGTH_MAX = 256 * 2 ** 20;

/** Packets read from a file; the rest is refused. */
export const PACKETS_MAX = 2_000_000;

export interface CapturedDatagram {
  /** Since 1970. */
  readonly seconds: number;
  /** "192.0.2.1:5684", "2001:db8:0:0:0:0:0:1:5684": the same text for the same end. */
  readonly from: string;
  readonly to: string;
  /** A view of the file. */
  readonly payload: Uint8Array;
}

export interface Capture {
  readonly datagrams: readonly CapturedDatagram[];
  /** Packets that are not among them. */
  readonly passedOverCount: number;
}

const FILE_HEADER_LENGTH = 24;
const PACKET_HEADER_LENGTH = 16;
const PCAPNG_MAGIC = 0x0a0d0d0a;
const UDP = 17;
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);

/** By link type: how many bytes stand before the IP packet. */
const LINK_HEADER_LENGTHS: Readonly<Record<number, number>> = {
  0: 4,
  101: 0,
  108: 4,
  113: 16,
  228: 0,
  229: 0,
  276: 20,
};
const ETHERNET = 1;
const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8]);

export function isPcap(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (formatOf(viewOf(bytes)) !== undefined || viewOf(bytes).getUint32(0) === PCAPNG_MAGIC);
}

/** Throws FitError for what is no such file. */
export function readPcap(bytes: Uint8Array): Capture {
  const view = viewOf(bytes);
  if (bytes.length >= 4 && view.getUint32(0) === PCAPNG_MAGIC) {
    throw new FitError("this is pcapng: make a pcap of it with `tcpdump -r FILE -w FILE.pcap`");
  }
  const format = bytes.length < FILE_HEADER_LENGTH ? undefined : formatOf(view);
  if (format === undefined) throw new FitError("this is no pcap file");
  const { isLittle, ticksPerSecond } = format;
  const linkType = view.getUint32(20, isLittle) & 0x0fffffff;
  if (linkType !== ETHERNET && LINK_HEADER_LENGTHS[linkType] === undefined) {
    throw new FitError(`link type ${linkType} is not known: capture on an Ethernet, cooked or raw IP interface`);
  }
  const datagrams: CapturedDatagram[] = [];
  let packetCount = 0;
  // A file whose writer was killed ends within a packet: what is whole counts.
  for (let at = FILE_HEADER_LENGTH; at + PACKET_HEADER_LENGTH <= bytes.length; ) {
    const length = view.getUint32(at + 8, isLittle);
    const start = at + PACKET_HEADER_LENGTH;
    if (length > bytes.length - start) break;
    if (++packetCount > PACKETS_MAX) throw new FitError(`more than ${PACKETS_MAX} packets: cut the capture`);
    const seconds = view.getUint32(at, isLittle) + view.getUint32(at + 4, isLittle) / ticksPerSecond;
    const datagram = datagramIn(bytes.subarray(start, start + length), linkType, seconds);
    if (datagram !== undefined) datagrams.push(datagram);
    at = start + length;
  }
  return { datagrams, passedOverCount: packetCount - datagrams.length };
}

/** By the magic number: in microseconds or nanoseconds, in either byte order. */
function formatOf(view: DataView): { readonly isLittle: boolean; readonly ticksPerSecond: number } | undefined {
  for (const isLittle of [true, false]) {
    const magic = view.getUint32(0, isLittle);
    if (magic === 0xa1b2c3d4) return { isLittle, ticksPerSecond: 1e6 };
    if (magic === 0xa1b23c4d) return { isLittle, ticksPerSecond: 1e9 };
  }
  return undefined;
}

function datagramIn(packet: Uint8Array, linkType: number, seconds: number): CapturedDatagram | undefined {
  const ip = packet.subarray(linkHeaderLength(packet, linkType));
  const version = (ip[0] ?? 0) >> 4;
  const carried = version === 4 ? udpInIpv4(ip) : version === 6 ? udpInIpv6(ip) : undefined;
  if (carried === undefined || carried.udp.length < 8) return undefined;
  const { source, destination, udp } = carried;
  const view = viewOf(udp);
  const length = view.getUint16(4);
  if (length < 8 || length > udp.length) return undefined;
  return {
    seconds,
    from: `${source}:${view.getUint16(0)}`,
    to: `${destination}:${view.getUint16(2)}`,
    payload: udp.subarray(8, length),
  };
}

function linkHeaderLength(packet: Uint8Array, linkType: number): number {
  if (linkType !== ETHERNET) return LINK_HEADER_LENGTHS[linkType]!;
  let length = 14;
  while (length <= packet.length && VLAN_TYPES.has((packet[length - 2]! << 8) | packet[length - 1]!)) length += 4;
  return length;
}

interface Carried {
  readonly source: string;
  readonly destination: string;
  readonly udp: Uint8Array;
}

function udpInIpv4(ip: Uint8Array): Carried | undefined {
  const headerLength = (ip[0]! & 15) * 4;
  if (headerLength < 20 || ip.length < headerLength || ip[9] !== UDP) return undefined;
  // The flag of more fragments, and the offset of this one.
  if ((viewOf(ip).getUint16(6) & 0x3fff) !== 0) return undefined;
  const text = (at: number) => ip.subarray(at, at + 4).join(".");
  return { source: text(12), destination: text(16), udp: ip.subarray(headerLength) };
}

function udpInIpv6(ip: Uint8Array): Carried | undefined {
  if (ip.length < 40) return undefined;
  let next = ip[6]!;
  let at = 40;
  while (IPV6_EXTENSIONS.has(next) && at + 8 <= ip.length) {
    const extensionLength = 8 + 8 * ip[at + 1]!;
    next = ip[at]!;
    at += extensionLength;
  }
  if (next !== UDP) return undefined;
  const view = viewOf(ip);
  const text = (start: number) =>
    Array.from({ length: 8 }, (_, i) => view.getUint16(start + 2 * i).toString(16)).join(":");
  return { source: text(8), destination: text(24), udp: ip.subarray(at) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
