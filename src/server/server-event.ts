// What the server tells its driver: questions, and what an operator wants to know. Nothing here holds a key or a payload.

import type { PeerAddress } from "../base/peer-address.ts";
import type { SessionEnd } from "../dtls/dtls-server-outlet.ts";
import type { HandshakeErrorKind } from "../dtls/errors.ts";
import type { ContentQuestion } from "../firmware/catalogue.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import type { ReportQuestion } from "./report-resource.ts";
import type { CheckInQuestion } from "./ticket-resource.ts";
import type { TransferNews } from "./transfers.ts";

/** Events of one cause that were not told one by one, of the last minute: see event-limit.ts. */
export interface RepeatedEvent {
  readonly kind: "repeated";
  readonly of: "handshakeFailed" | "imageDamaged" | "keyRefused";
  /** The reason, or the image's path. */
  readonly reason: string;
  readonly count: number;
}

export type ServerEvent =
  | RepeatedEvent
  /** A question; FirmwareServer.handlePsk takes the answer. */
  | { readonly kind: "pskWanted"; readonly identity: Uint8Array }
  /** A question; FirmwareServer.handleContent is told when the catalogue knows the answer. */
  | { readonly kind: "contentWanted"; readonly question: ContentQuestion }
  /** A question; FirmwareServer.handleCheckIn takes the answer. */
  | { readonly kind: "checkInReceived"; readonly question: CheckInQuestion }
  /** A question; FirmwareServer.handleReport is told whether the report is kept. */
  | { readonly kind: "reportReceived"; readonly question: ReportQuestion }
  | {
      readonly kind: "sessionUp";
      readonly peer: PeerAddress;
      readonly identity: Uint8Array;
      /** IANA name. */
      readonly cipherSuite: string;
      /** Whether the session survives a change of address (RFC 9146). */
      readonly connectionId: boolean;
    }
  | {
      readonly kind: "sessionDown";
      readonly peer: PeerAddress;
      readonly identity: Uint8Array;
      readonly end: SessionEnd;
    }
  | {
      readonly kind: "handshakeFailed";
      readonly peer: PeerAddress;
      readonly reason: HandshakeErrorKind;
      readonly detail: string;
    }
  /** A handshake whose Finished cannot be read: a wrong key, or an identity without one. The peer is not told. */
  | {
      readonly kind: "keyRefused";
      readonly peer: PeerAddress;
      readonly identity: Uint8Array;
      readonly reason: "identityUnknown" | "keyDiffers";
    }
  | {
      readonly kind: "transfer";
      readonly peer: PeerAddress;
      /** Absent on plain CoAP. */
      readonly identity: Uint8Array | undefined;
      readonly news: TransferNews;
    }
  /** A device checked in, and has its ticket. */
  | {
      readonly kind: "checkIn";
      readonly peer: PeerAddress;
      /** Absent on plain CoAP. */
      readonly identity: Uint8Array | undefined;
      readonly product: string;
      /** Of what runs, where the device knows it. */
      readonly version: string | undefined;
      readonly sequenceNumber: number;
      /** The version that it was offered; absent for nothing new. */
      readonly offered: string | undefined;
    }
  /** The report of a device is kept. */
  | { readonly kind: "reported"; readonly device: Uint8Array; readonly report: InstallReport }
  /** A roll-out is in another state: one of fleet/rollout.ts, and why where that is no operator's plain wish. */
  | {
      readonly kind: "rolloutChanged";
      readonly rollout: string;
      readonly state: string;
      readonly reason: string | undefined;
    }
  /** A phase of it is: its number is counted from 1. */
  | { readonly kind: "phaseChanged"; readonly rollout: string; readonly phase: number; readonly state: string }
  | { readonly kind: "alertRaised"; readonly rule: string; readonly subject: string; readonly text: string }
  | { readonly kind: "alertCleared"; readonly rule: string; readonly subject: string }
  /** The store of releases cannot be read or written now: manifests, tickets and reports wait. */
  | { readonly kind: "releasesUnavailable"; readonly reason: string }
  | { readonly kind: "releasesAvailable" }
  /** HTTP cannot be answered now, or was answered by a mistake of ours. */
  | { readonly kind: "httpFailed"; readonly reason: string }
  /** The registry does not fit what was signed: nothing is entered or signed any more. */
  | { readonly kind: "registryBroken"; readonly reason: string }
  /** A witness has not signed the registry's newest checkpoint, and is asked again. */
  | { readonly kind: "unwitnessed"; readonly reason: string }
  /** What the process before stored: sessions that go on, and those that cannot. */
  | { readonly kind: "sessionsRestored"; readonly restoredCount: number; readonly refusedCount: number }
  /** Sessions could not be stored: none outlives this process, until they can. */
  | { readonly kind: "sessionsUnsaved"; readonly reason: string }
  /** The store of keys cannot be read now: sessions go on, and handshakes wait. */
  | { readonly kind: "keysUnavailable"; readonly reason: string }
  | { readonly kind: "keysAvailable" }
  /** The index of images cannot be read now: known images are served, and requests for others wait. */
  | { readonly kind: "imagesUnavailable"; readonly reason: string }
  | { readonly kind: "imagesAvailable" }
  | { readonly kind: "imageDamaged"; readonly path: string; readonly reason: string };
