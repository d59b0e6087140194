// The devices of one load before one server, from the first handshake to the last answer.

import { emptyMessage, encodeMessage } from "../../src/coap/message.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import type { Target } from "../targets/target.ts";
import { ClosedLoop } from "./closed-loop.ts";
import { Crowd } from "./crowd.ts";
import { type Credentials, connectAll } from "./handshakes.ts";
import { DtlsSpeech, PlainSpeech } from "./speech.ts";
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
  /** Whether every second device uses a Connection ID. */
  readonly connectionIds?: boolean;
  /** See CrowdSocketInput. */
  readonly ownAddresses?: boolean;
}

/** What one session would say, of no use to whoever hears it: an empty ACK that acknowledges nothing. */
export interface GenuineRecord {
  readonly device: number;
  readonly connectionId: boolean;
  readonly datagram: Uint8Array;
}

/** A load that is connected and whose answers were compared, and that stands still. */
export class DeviceCrowd {
  readonly loop: ClosedLoop;
  readonly #crowd: Crowd;
  readonly #sessions: readonly Session[];

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
    { protocol, clients, native, connectionIds = false, ownAddresses = false }: Omit<LoadInput, "blockSize" | "image">,
  ): Promise<DeviceCrowd> {
    const serverPort = protocol === "plain" ? target.coapPort : target.coapsPort!;
    const crowd = new Crowd(serverPort, native, ownAddresses);
    try {
      const credentials = {
        serverPort,
        identity: target.identity,
        key: target.key,
        usesConnectionId: (device: number) => connectionIds && device % 2 === 0,
      };
      const sessions = protocol === "plain" ? [] : await connected(crowd, credentials, clients);
      const speech = protocol === "plain" ? new PlainSpeech(crowd, clients) : new DtlsSpeech(crowd, sessions);
      const loop = new ClosedLoop(crowd, speech, work, await verification(crowd, speech, work));
      return new DeviceCrowd(crowd, sessions, loop);
    } catch (error) {
      crowd.close();
      throw error;
    }
  }

  private constructor(crowd: Crowd, sessions: readonly Session[], loop: ClosedLoop) {
    this.#crowd = crowd;
    this.#sessions = sessions;
    this.loop = loop;
  }

  /** Of the socket that all devices share; undefined where each has its own. */
  get descriptor(): number | undefined {
    return this.#crowd.descriptor;
  }

  /** Records that the server would accept once, of each session so many. */
  genuineRecords(countOfEach: number): readonly GenuineRecord[] {
    const message = encodeMessage(emptyMessage("ACK", 0));
    return Array.from({ length: countOfEach }, () =>
      this.#sessions.map(({ write }, device) => ({
        device,
        connectionId: write.connectionId.length > 0,
        datagram: write.seal(ContentType.application_data, message),
      })),
    ).flat();
  }

  close(): void {
    this.loop.close();
    this.#crowd.close();
  }
}

async function connected(crowd: Crowd, credentials: Credentials, clients: number): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  await connectAll(crowd, credentials, { first: 0, count: clients, window: HANDSHAKE_WINDOW }, (device, session) => {
    sessions[device] = session;
  });
  return sessions;
}
