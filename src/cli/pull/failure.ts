// Why a pull failed, in one line that says what to look at.

import type { DeviceEvent } from "../../device/device-event.ts";

export type FailureEvent = Extract<DeviceEvent, { kind: "handshakeFailed" | "refused" | "unanswered" }>;

export interface PullSubject {
  /** "host:port", as the user wrote it. */
  readonly server: string;
  /** Absent on plain CoAP. */
  readonly identity?: string;
  /** Image bytes that are there. */
  readonly bytesHeld: number;
}

export function failureText(failure: FailureEvent, subject: PullSubject): string {
  const { server, bytesHeld } = subject;
  switch (failure.kind) {
    case "handshakeFailed":
      return handshakeText(failure, subject);
    case "refused":
      return refusedText(failure.detail, server);
    case "unanswered":
      return bytesHeld === 0 ? silenceText(server) : `${server} fell silent at ${bytesHeld} bytes: pull again later`;
  }
}

/** Why no datagram reaches a server at all, where that is certain; undefined for troubles that may pass. */
export function networkFailureText(code: string, server: string): string | undefined {
  switch (code) {
    case "ECONNREFUSED":
      return `nothing listens on ${server}: check the port, and that narrowboat serve is running`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return `there is no way to ${server} from here (${code}): check the address and the network`;
    default:
      return undefined;
  }
}

function silenceText(server: string): string {
  return `${server} does not answer: check the address, the port, and firewalls for UDP`;
}

/** While it is still tried. `heard`: something has come from the server before. */
export function silentText({ server, bytesHeld }: PullSubject, heard: boolean): string {
  const reason = heard
    ? `${server} fell silent at ${bytesHeld} bytes: it was stopped, or the way to it is broken`
    : silenceText(server);
  return `${reason}; still trying`;
}

function handshakeText(failure: Extract<FailureEvent, { kind: "handshakeFailed" }>, subject: PullSubject): string {
  const { error, detail } = failure;
  const key = `the key of identity ${subject.identity}: check both with psk list and psk add`;
  if (error === "keyRefused") return `${subject.server} did not accept ${key}`;
  if (error === "timeout") {
    // A server that knows neither the identity nor the key goes silent at the Finished, so that nobody can tell which; and
    // a server that was restarted, or a way that loses what is said, is silent there too.
    const answered = detail === "expectChangeCipherSpec" || detail === "expectFinished";
    if (!answered) return silenceText(subject.server);
    return `${subject.server} fell silent in the handshake: the way to it is broken, or it did not accept ${key}`;
  }
  if (error === "noCommonCipherSuite" || detail.includes("handshake_failure")) {
    return `${subject.server} has no cipher suite in common with this client: look at its --cipher-suites`;
  }
  return `the handshake with ${subject.server} failed: ${detail} (${error})`;
}

function refusedText(detail: string, server: string): string {
  if (detail.startsWith("4.04")) return `${server} has no such image (4.04): narrowboat images lists what there is`;
  return `${server} refused: ${detail}`;
}
