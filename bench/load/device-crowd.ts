// The devices of one load before one server, from the first handshake to the last answer.

import type { Session } from "../../src/dtls/session/session.ts";
import type { Target } from "../targets/target.ts";
import { ClosedLoop } from "./closed-loop.ts";
import { Crowd } from "./crowd.ts";
import { connectAll } from "./handshakes.ts";
import { DtlsSpeech, PlainSpeech, type Speech } from "./speech.ts";
import { verification } from "./verification.ts";
import { EchoWork, imageWork, type Work } from "./work.ts";

export type Protocol = "plain" | "dtls";

/** Handshakes at a time. */
export const HANDSHAKE_WINDOW = 32;

export interface LoadInput {
  readonly protocol: Protocol;
  readonly clients: number;
  /** Bytes. */
  readonly blockSize: number;
  readonly image: Uint8Array;
  /** Whether the crowd has its add-on in C. */
  readonly native: boolean;
}

/** A load that is connected and whose answers were compared, and that stands still. */
export class DeviceCrowd {
  readonly loop: ClosedLoop;
  readonly #crowd: Crowd;

  /** Devices that ask for the target's image. Throws when the server gives a wrong answer or none. */
  static open(target: Target, input: LoadInput): Promise<DeviceCrowd> {
    const { blockSize, image } = input;
    const work = target.path === undefined ? new EchoWork(blockSize) : imageWork(target.path, image, blockSize);
    return DeviceCrowd.openFor(work, target, input);
  }

  /** Devices that ask for anything. */
  static async openFor(
    work: Work,
    target: Target,
    { protocol, clients, native }: Pick<LoadInput, "protocol" | "clients" | "native">,
  ): Promise<DeviceCrowd> {
    const serverPort = protocol === "plain" ? target.coapPort : target.coapsPort!;
    const crowd = new Crowd(serverPort, native);
    try {
      const speech =
        protocol === "plain" ? new PlainSpeech(crowd, clients) : await connected(crowd, target, serverPort, clients);
      return new DeviceCrowd(crowd, speech, work, await verification(crowd, speech, work));
    } catch (error) {
      crowd.close();
      throw error;
    }
  }

  private constructor(crowd: Crowd, speech: Speech, work: Work, lengths: Int32Array) {
    this.#crowd = crowd;
    this.loop = new ClosedLoop(crowd, speech, work, lengths);
  }

  close(): void {
    this.loop.close();
    this.#crowd.close();
  }
}

async function connected(crowd: Crowd, target: Target, serverPort: number, clients: number): Promise<Speech> {
  const sessions: Session[] = [];
  await connectAll(
    crowd,
    { serverPort, identity: target.identity, key: target.key },
    { first: 0, count: clients, window: HANDSHAKE_WINDOW },
    (device, session) => {
      sessions[device] = session;
    },
  );
  return new DtlsSpeech(crowd, sessions);
}
