// A peer's transport address as a small string made from its bytes: cheap to compare, to store and to use as a key.
// Three UTF-16 code units for IPv4 (two of address, one of port), nine for IPv6, and behind them the IPv6 zone if any.

declare const peerAddressBrand: unique symbol;

/** An IP address and a UDP port. Two are the same peer exactly when the strings are equal. */
export type PeerAddress = string & { readonly [peerAddressBrand]: true };

const IPV4_UNITS = 2;
const IPV6_UNITS = 8;
/** RFC 4291 2.5.5.2: what stands before the IPv4 address in an IPv4-mapped IPv6 address. */
const MAPPED_PREFIX = "\0\0\0\0\0\uffff";

/** From an IPv4 or IPv6 address as Node writes it; an IPv4-mapped IPv6 address is the IPv4 address. */
export function peerAddress(host: string, port: number): PeerAddress {
  return placePort(hostUnits(host), port);
}

/**
 * From the 2 (IPv4, IPv4-mapped IPv6 too) or 8 (IPv6) units of an address, 16 bits each, that stand in `units` from `at`
 * on; `zone` as in text, "%eth0", or empty.
 */
export function peerAddressFromUnits(
  units: Uint16Array,
  at: number,
  unitCount: number,
  port: number,
  zone: string,
): PeerAddress {
  if (unitCount === IPV4_UNITS) return String.fromCharCode(units[at]!, units[at + 1]!, port) as PeerAddress;
  return (String.fromCharCode(...units.subarray(at, at + IPV6_UNITS), port) + zone) as PeerAddress;
}

/** Writes the address into `units` from `at` on; gives the number of units, 2 or 8. */
export function writeAddressUnits(peer: PeerAddress, units: Uint16Array, at: number): number {
  const unitCount = isIpv4(peer) ? IPV4_UNITS : IPV6_UNITS;
  for (let i = 0; i < unitCount; i++) units[at + i] = peer.charCodeAt(i);
  return unitCount;
}

/** The IPv6 zone as in text, "%eth0", or empty. */
export function zoneOf(peer: PeerAddress): string {
  return isIpv4(peer) ? "" : peer.slice(IPV6_UNITS + 1);
}

/** The address as text, IPv6 without brackets: "192.0.2.1", "2001:db8:0:0:0:0:0:1". */
export function hostOf(peer: PeerAddress): string {
  if (isIpv4(peer)) {
    const [high, low] = [peer.charCodeAt(0), peer.charCodeAt(1)];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const groups = Array.from({ length: IPV6_UNITS }, (_, i) => peer.charCodeAt(i).toString(16));
  return groups.join(":") + zoneOf(peer);
}

export function portOf(peer: PeerAddress): number {
  return peer.charCodeAt(isIpv4(peer) ? IPV4_UNITS : IPV6_UNITS);
}

/** For people and logs: "192.0.2.1:5684", "[2001:db8:0:0:0:0:0:1]:5684". */
export function formatPeerAddress(peer: PeerAddress): string {
  return isIpv4(peer) ? `${hostOf(peer)}:${portOf(peer)}` : `[${hostOf(peer)}]:${portOf(peer)}`;
}

export function isIpv4(peer: PeerAddress): boolean {
  return peer.length === IPV4_UNITS + 1;
}

function placePort(units: string, port: number): PeerAddress {
  const portUnit = String.fromCharCode(port);
  if (units.startsWith(MAPPED_PREFIX)) return (units.slice(MAPPED_PREFIX.length, IPV6_UNITS) + portUnit) as PeerAddress;
  if (units.length <= IPV4_UNITS) return (units + portUnit) as PeerAddress;
  return (units.slice(0, IPV6_UNITS) + portUnit + units.slice(IPV6_UNITS)) as PeerAddress;
}

function hostUnits(host: string): string {
  const zoneAt = host.indexOf("%");
  const zone = zoneAt < 0 ? "" : host.slice(zoneAt);
  const address = zoneAt < 0 ? host : host.slice(0, zoneAt);
  if (!address.includes(":")) return ipv4Units(address);
  const [head = "", tail = ""] = address.split("::");
  const before = ipv6Groups(head);
  const after = ipv6Groups(tail);
  const zeros = "\0".repeat(Math.max(0, IPV6_UNITS - before.length - after.length));
  return before + zeros + after + zone;
}

function ipv4Units(address: string): string {
  const parts = address.split(".").map(Number);
  return String.fromCharCode((parts[0]! << 8) | parts[1]!, (parts[2]! << 8) | parts[3]!);
}

function ipv6Groups(text: string): string {
  if (text === "") return "";
  let units = "";
  for (const group of text.split(":")) {
    units += group.includes(".") ? ipv4Units(group) : String.fromCharCode(Number.parseInt(group, 16));
  }
  return units;
}
