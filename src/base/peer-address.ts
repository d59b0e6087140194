// A peer's transport address as a small string made from its bytes: cheap to compare, to store and to use as a key.
//
//   IPv4   2 units of address, port                            of 16 bits each; on a socket of all addresses
//          2 units of address, port, 2 units of ours           our own address stands behind the peer's
//   IPv6   8 units of address, port, zone
//          8 units of address, port, LOCAL, 8 units of ours, zone
//
// So whatever has a table of peers tells one client that talks to two of our addresses from itself: two associations (RFC
// 6347 4.2.1), two spaces of Message IDs (RFC 7252 4.4). Whoever asks for host and port is told the peer's.

declare const peerAddressBrand: unique symbol;

/**
 * An IP address and a UDP port, and which of our addresses they talk to where that can be more than one. Two are the same
 * peer exactly when the strings are equal.
 */
export type PeerAddress = string & { readonly [peerAddressBrand]: true };

const IPV4_UNITS = 2;
const IPV6_UNITS = 8;
const IPV6_LOCAL_AT = IPV6_UNITS + 2;
/** Between an IPv6 peer and our address: a zone begins with "%". */
const LOCAL = "\0";
/** RFC 4291 2.5.5.2: what stands before the IPv4 address in an IPv4-mapped IPv6 address. */
const MAPPED_PREFIX = "\0\0\0\0\0\uffff";

/**
 * From an IPv4 or IPv6 address as Node writes it; an IPv4-mapped IPv6 address is the IPv4 address. `local` is our own
 * address, of the same family. The zone is that of whichever of them has one: they are on the same interface.
 */
export function peerAddress(host: string, port: number, local?: string): PeerAddress {
  const portUnit = String.fromCharCode(port);
  const remote = addressUnits(host);
  const ours = local === undefined ? "" : addressUnits(local);
  if (remote.length === IPV4_UNITS) return (remote + portUnit + ours) as PeerAddress;
  const mark = ours === "" ? "" : LOCAL;
  return (remote + portUnit + mark + ours + (zoneIn(host) || zoneIn(local ?? ""))) as PeerAddress;
}

/**
 * From the 2 (IPv4, IPv4-mapped IPv6 too) or 8 (IPv6) units of an address, 16 bits each, that stand in `units` from `at`
 * on, with as many of our own address behind them where `withLocal` says so; `zone` as in text, "%eth0", or empty.
 */
export function peerAddressFromUnits(
  units: Uint16Array,
  at: number,
  unitCount: number,
  port: number,
  zone: string,
  withLocal = false,
): PeerAddress {
  const localAt = at + unitCount;
  if (unitCount === IPV4_UNITS) {
    // A flood has a new one in each datagram: spreading a view costs twenty times as much.
    const remote = String.fromCharCode(units[at]!, units[at + 1]!, port);
    if (!withLocal) return remote as PeerAddress;
    return (remote + String.fromCharCode(units[localAt]!, units[localAt + 1]!)) as PeerAddress;
  }
  const local = withLocal ? LOCAL + String.fromCharCode(...units.subarray(localAt, localAt + unitCount)) : "";
  return (String.fromCharCode(...units.subarray(at, localAt), port) + local + zone) as PeerAddress;
}

/** Whether both are on one host, whatever their ports, and whichever of our addresses they talk to. */
export function isSameHost(a: PeerAddress, b: PeerAddress): boolean {
  if (a === b) return true;
  if (isIpv4(a) !== isIpv4(b)) return false;
  const count = isIpv4(a) ? IPV4_UNITS : IPV6_UNITS;
  for (let i = 0; i < count; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return true;
}

/** Whether peerAddressFromUnits() would make this peer: cheaper than to make it. */
export function isFromUnits(
  peer: PeerAddress,
  units: Uint16Array,
  at: number,
  unitCount: number,
  port: number,
  zone: string,
  withLocal: boolean,
): boolean {
  if (isIpv4(peer) !== (unitCount === IPV4_UNITS) || hasLocal(peer) !== withLocal || portOf(peer) !== port)
    return false;
  for (let i = 0; i < unitCount; i++) if (peer.charCodeAt(i) !== units[at + i]) return false;
  const localAt = localAtFor(unitCount);
  for (let i = 0; withLocal && i < unitCount; i++) {
    if (peer.charCodeAt(localAt + i) !== units[at + unitCount + i]) return false;
  }
  return unitCount === IPV4_UNITS || zoneOf(peer) === zone;
}

/**
 * Writes the peer's address into `units` from `at` on, and our own behind it where it is known; gives the number of units
 * of one of them, 2 or 8.
 */
export function writeAddressUnits(peer: PeerAddress, units: Uint16Array, at: number): number {
  const unitCount = isIpv4(peer) ? IPV4_UNITS : IPV6_UNITS;
  for (let i = 0; i < unitCount; i++) units[at + i] = peer.charCodeAt(i);
  if (hasLocal(peer)) {
    const localAt = localAtFor(unitCount);
    for (let i = 0; i < unitCount; i++) units[at + unitCount + i] = peer.charCodeAt(localAt + i);
  }
  return unitCount;
}

/** The IPv6 zone as in text, "%eth0", or empty. */
export function zoneOf(peer: PeerAddress): string {
  if (isIpv4(peer)) return "";
  return peer.slice(hasLocal(peer) ? IPV6_LOCAL_AT + IPV6_UNITS : IPV6_UNITS + 1);
}

/** Whether our own address is known: the peer came to a socket of all addresses. */
export function hasLocal(peer: PeerAddress): boolean {
  return isIpv4(peer) ? peer.length > IPV4_UNITS + 1 : peer.charCodeAt(IPV6_UNITS + 1) === 0;
}

/** Our own address as a key, with its zone where it has meaning only there (RFC 4007 4); empty when it is not known. */
export function localKeyOf(peer: PeerAddress): string {
  if (isIpv4(peer)) return peer.slice(IPV4_UNITS + 1);
  if (!hasLocal(peer)) return "";
  const local = peer.slice(IPV6_LOCAL_AT, IPV6_LOCAL_AT + IPV6_UNITS);
  return isLinkLocal(local.charCodeAt(0)) ? local + zoneOf(peer) : local;
}

/** RFC 4291 2.5.6, from an address's first unit. */
function isLinkLocal(firstUnit: number): boolean {
  return (firstUnit & 0xffc0) === 0xfe80;
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

/** For people and logs, without our own address: "192.0.2.1:5684", "[2001:db8:0:0:0:0:0:1]:5684". */
export function formatPeerAddress(peer: PeerAddress): string {
  return isIpv4(peer) ? `${hostOf(peer)}:${portOf(peer)}` : `[${hostOf(peer)}]:${portOf(peer)}`;
}

export function isIpv4(peer: PeerAddress): boolean {
  return peer.length <= IPV6_UNITS;
}

/** Where our own address begins in a peer of so many units. */
function localAtFor(unitCount: number): number {
  return unitCount === IPV4_UNITS ? IPV4_UNITS + 1 : IPV6_LOCAL_AT;
}

/** The zone of an address as text, "%eth0", or empty. */
function zoneIn(host: string): string {
  const at = host.indexOf("%");
  return at < 0 ? "" : host.slice(at);
}

/** 2 or 8 units, without the zone. */
function addressUnits(host: string): string {
  const [address = ""] = host.split("%");
  if (!address.includes(":")) return ipv4Units(address);
  const [head = "", tail = ""] = address.split("::");
  const before = ipv6Groups(head);
  const after = ipv6Groups(tail);
  const zeros = "\0".repeat(Math.max(0, IPV6_UNITS - before.length - after.length));
  const units = (before + zeros + after).slice(0, IPV6_UNITS);
  return units.startsWith(MAPPED_PREFIX) ? units.slice(MAPPED_PREFIX.length) : units;
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
