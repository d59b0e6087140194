// A capture file as tcpdump writes it, of raw IPv4.

export interface SentDatagram {
  readonly ms: number;
  readonly from: readonly [host: string, port: number];
  readonly to: readonly [host: string, port: number];
  readonly payload: Uint8Array;
}

const RAW = 101;

export function pcapOf(datagrams: readonly SentDatagram[]): Uint8Array {
  const file = Buffer.alloc(24);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(262_144, 16);
  file.writeUInt32LE(RAW, 20);
  return Buffer.concat([file, ...datagrams.map(packetOf)]);
}

function packetOf({ ms, from, to, payload }: SentDatagram): Buffer {
  const packet = Buffer.alloc(16 + 28 + payload.length);
  packet.writeUInt32LE(Math.floor(ms / 1000), 0);
  packet.writeUInt32LE(Math.round((ms % 1000) * 1000), 4);
  packet.writeUInt32LE(packet.length - 16, 8);
  packet.writeUInt32LE(packet.length - 16, 12);
  const ip = packet.subarray(16);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length, 2);
  ip[8] = 64;
  ip[9] = 17;
  ip.set(from[0].split(".").map(Number), 12);
  ip.set(to[0].split(".").map(Number), 16);
  ip.writeUInt16BE(from[1], 20);
  ip.writeUInt16BE(to[1], 22);
  ip.writeUInt16BE(ip.length - 20, 24);
  ip.set(payload, 28);
  return packet;
}
