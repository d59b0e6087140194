// Reads what a server puts on the wire and names each (key, nonce) that it meets twice. It has a decoder of its own, down to
// the key schedule, for TLS_PSK_WITH_AES_128_CCM_8 with the extended master secret: it would not share a mistake of ours.

import { createDecipheriv, createHash, createHmac } from "node:crypto";

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const SERVER_HELLO_DONE = 14;
const CLIENT_KEY_EXCHANGE = 16;

interface Keys {
  readonly name: string;
  readonly key: Buffer;
  readonly salt: Buffer;
}

interface Peer {
  /** The last message of each type that is part of the session hash. */
  readonly messages: Map<number, Buffer>;
  /** The newest first. */
  readonly keys: Keys[];
}

export class NonceWatch {
  /** Records of the server that a key opened. */
  recordCount = 0;
  /** Records that no key opened: the watch has missed something. */
  unknownCount = 0;
  readonly twice: string[] = [];
  readonly #psk: Uint8Array;
  readonly #peers = new Map<string, Peer>();
  readonly #seen = new Set<string>();

  constructor(psk: Uint8Array) {
    this.#psk = psk;
  }

  get keyCount(): number {
    return [...this.#peers.values()].reduce((count, { keys }) => count + keys.length, 0);
  }

  /** One datagram between the server and `peer`. */
  datagram(direction: "up" | "down", peer: string, bytes: Uint8Array): void {
    const datagram = Buffer.from(bytes);
    for (let at = 0; at < datagram.length; ) {
      // A record with Connection ID has four bytes more; only clients send them here.
      const lengthAt = at + 11 + (datagram[at] === 25 ? 4 : 0);
      const end = lengthAt + 2 + datagram.readUInt16BE(lengthAt);
      this.#record(direction, peer, datagram.subarray(at, end), lengthAt + 2 - at);
      at = end;
    }
  }

  #record(direction: "up" | "down", address: string, record: Buffer, headerLength: number): void {
    const peer = this.#peerOf(address);
    const fragment = record.subarray(headerLength);
    if (record.readUInt16BE(3) !== 0) {
      if (direction === "down") this.#protected(peer, record, fragment);
    } else if (record[0] === 22) {
      for (let at = 0; at < fragment.length; ) {
        const end = at + 12 + fragment.readUIntBE(at + 9, 3);
        this.#handshakeMessage(peer, fragment.subarray(at, end));
        at = end;
      }
    }
  }

  #handshakeMessage(peer: Peer, message: Buffer): void {
    const type = message[0]!;
    peer.messages.set(type, Buffer.from(message));
    if (type !== CLIENT_KEY_EXCHANGE) return;
    const order = [CLIENT_HELLO, SERVER_HELLO, SERVER_HELLO_DONE, CLIENT_KEY_EXCHANGE];
    const messages = order.map((each) => peer.messages.get(each));
    if (messages.includes(undefined)) return;
    const [clientHello, serverHello] = messages as Buffer[];
    const hash = createHash("sha256")
      .update(Buffer.concat(messages as Buffer[]))
      .digest();
    const zeros = Buffer.alloc(this.#psk.length);
    const length = Buffer.from([0, this.#psk.length]);
    const master = prf(Buffer.concat([length, zeros, length, this.#psk]), "extended master secret", hash, 48);
    // Handshake header 12, version 2, random 32.
    const randoms = Buffer.concat([serverHello!.subarray(14, 46), clientHello!.subarray(14, 46)]);
    const block = prf(master, "key expansion", randoms, 40);
    const name = block.toString("hex");
    if (peer.keys.some((known) => known.name === name)) return;
    peer.keys.unshift({ name, key: block.subarray(16, 32), salt: block.subarray(36, 40) });
  }

  #protected(peer: Peer, record: Buffer, fragment: Buffer): void {
    const explicit = fragment.subarray(0, 8);
    const keys = peer.keys.find((each) => opens(each, record, fragment));
    if (keys === undefined) {
      this.unknownCount++;
      return;
    }
    this.recordCount++;
    const pair = `${keys.name} ${explicit.toString("hex")}`;
    if (this.#seen.has(pair)) this.twice.push(pair);
    this.#seen.add(pair);
  }

  #peerOf(address: string): Peer {
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      peer = { messages: new Map(), keys: [] };
      this.#peers.set(address, peer);
    }
    return peer;
  }
}

function opens({ key, salt }: Keys, record: Buffer, fragment: Buffer): boolean {
  const plaintextLength = fragment.length - 16;
  const nonce = Buffer.concat([salt, fragment.subarray(0, 8)]);
  const decipher = createDecipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
  decipher.setAuthTag(fragment.subarray(fragment.length - 8));
  const additional = Buffer.concat([record.subarray(3, 11), record.subarray(0, 3), Buffer.alloc(2)]);
  additional.writeUInt16BE(plaintextLength, 11);
  decipher.setAAD(additional, { plaintextLength });
  try {
    decipher.update(fragment.subarray(8, 8 + plaintextLength));
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  const hmac = (data: Buffer) => createHmac("sha256", secret).update(data).digest();
  const blocks: Buffer[] = [];
  for (let a = hmac(labelled); 32 * blocks.length < length; a = hmac(a))
    blocks.push(hmac(Buffer.concat([a, labelled])));
  return Buffer.concat(blocks).subarray(0, length);
}
