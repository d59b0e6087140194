// What a server did, for those who operate it: one JSON line for each event, or a line to read on a terminal. Neither
// has a key or a payload in it, because no event has.

import { identityText } from "../../../psk/identity.ts";
import { formatPeerAddress, type PeerAddress } from "../../base/peer-address.ts";
import { imagePath } from "../../firmware/image-name.ts";
import { LineOutput } from "../../shell/line-output.ts";
import type { NewsEvent, ServerLog } from "../../shell/server-shell.ts";
import { formatRate } from "../progress.ts";
import { LineBuffer } from "./line-buffer.ts";

type TransferEvent = Extract<NewsEvent, { kind: "transfer" }>;

/** What an operator has to do something about. */
const ERRORS: ReadonlySet<NewsEvent["kind"]> = new Set([
  "httpFailed",
  "imageDamaged",
  "imagesUnavailable",
  "keysUnavailable",
  "registryBroken",
  "releasesUnavailable",
  "sessionsUnsaved",
  "unwitnessed",
]);

/** A log, and the end of it. */
export interface OutputLog extends ServerLog {
  /** Writes what there is; false when nobody reads it. */
  end(): Promise<boolean>;
}

/** Lines of JSON on stdout. */
export async function jsonLog(): Promise<OutputLog> {
  const { pino } = await import("pino");
  const formatters = { level: (level: string) => ({ level }) };
  const output = new LineOutput(process.stdout, ({ lines, bytes }) =>
    JSON.stringify({ level: "warn", time: new Date().toISOString(), event: "linesDropped", lines, bytes }),
  );
  const lines = new LineBuffer((text) => output.write(text));
  // Whatever ends the process, short of a kill, what happened before is said.
  process.once("exit", () => lines.flush());
  const logger = pino({ base: null, timestamp: timeField(), formatters }, lines);
  return {
    event: (event) => {
      const fields = eventFields(event);
      if (ERRORS.has(event.kind)) logger.error(fields);
      else if (event.kind === "handshakeFailed" || event.kind === "keyRefused") logger.warn(fields);
      else logger.info(fields);
    },
    counters: (counters) => logger.info({ event: "counters", counters }),
    end: () => {
      lines.flush();
      return output.end();
    },
  };
}

/** The time as ISO 8601, made once for all lines of a millisecond: half a microsecond a line (Node.js 20). */
function timeField(): () => string {
  let at = Number.NaN;
  let field = "";
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      field = `,"time":"${new Date(now).toISOString()}"`;
    }
    return field;
  };
}

/** Lines for people on stdout. */
export function terminalLog(): OutputLog {
  const output = new LineOutput(process.stdout, ({ lines, bytes }) => `${lines} lines (${bytes} bytes) were dropped`);
  const print = (text: string) => output.write(Buffer.from(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`));
  return {
    event: (event) => print(eventText(event)),
    counters: (counters) => {
      const counts = Object.entries(counters).map(([name, count]) => `${name} ${count}`);
      print(`so far: ${counts.join(", ")}`);
    },
    end: () => output.end(),
  };
}

/** The fields of an event's JSON line; undefined ones are left out of it. */
export function eventFields(event: NewsEvent): Record<string, string | number | boolean | undefined> {
  const { kind } = event;
  if (kind === "imageDamaged") return { event: kind, path: event.path, reason: event.reason };
  if (kind === "imagesAvailable" || kind === "keysAvailable" || kind === "releasesAvailable") return { event: kind };
  if (kind === "repeated") return { event: kind, of: event.of, reason: event.reason, count: event.count };
  if (kind === "reported") return reportFields(event);
  if (isOfFleet(event)) return fleetFields(event);
  if (isUnavailable(event)) return { event: kind, reason: event.reason };
  if (kind === "sessionsRestored") {
    return { event: kind, restored: event.restoredCount, refused: event.refusedCount };
  }
  const peer = formatPeerAddress(event.peer);
  const identity = identityOf(event);
  switch (event.kind) {
    case "checkIn": {
      const { product, version, sequenceNumber, offered } = event;
      return { event: kind, peer, identity, product, version, sequenceNumber, offered };
    }
    case "transfer": {
      const { news } = event;
      return {
        event: TRANSFER_EVENTS[news.kind],
        peer,
        identity,
        path: pathOf(event),
        percent: news.percent,
        blocks: news.blocks,
        resends: news.resends,
        bytes: news.bytes,
        seconds: Math.round(1000 * news.seconds) / 1000,
        rate: Math.round(news.bytes / Math.max(news.seconds, 0.001)),
      };
    }
    case "handshakeFailed":
      return { event: kind, peer, reason: event.reason, detail: event.detail };
    case "keyRefused":
      return { event: kind, peer, identity, reason: event.reason };
    case "sessionDown":
      return { event: kind, peer, identity, end: event.end };
    case "sessionUp": {
      const { cipherSuite, connectionId } = event;
      return { event: kind, peer, identity, cipherSuite, connectionId };
    }
  }
}

type FleetNews = Extract<NewsEvent, { kind: "alertCleared" | "alertRaised" | "phaseChanged" | "rolloutChanged" }>;

const FLEET_KINDS: ReadonlySet<string> = new Set(["alertCleared", "alertRaised", "phaseChanged", "rolloutChanged"]);

function isOfFleet(event: NewsEvent): event is FleetNews {
  return FLEET_KINDS.has(event.kind);
}

function fleetFields({ kind, ...fields }: FleetNews): Record<string, string | number | undefined> {
  return { event: kind, ...fields };
}

type ReportEvent = Extract<NewsEvent, { kind: "reported" }>;
type UnavailableEvent = Extract<NewsEvent, { kind: (typeof UNAVAILABLE)[number] }>;

const UNAVAILABLE = [
  "httpFailed",
  "imagesUnavailable",
  "keysUnavailable",
  "registryBroken",
  "releasesUnavailable",
  "sessionsUnsaved",
  "unwitnessed",
] as const;

function isUnavailable(event: NewsEvent): event is UnavailableEvent {
  return (UNAVAILABLE as readonly string[]).includes(event.kind);
}

function reportFields({ kind, device, report }: ReportEvent): Record<string, string | number | undefined> {
  const { product, version, sequenceNumber, state, result, reason, slot } = report;
  return { event: kind, device: identityText(device), product, version, sequenceNumber, state, result, reason, slot };
}

/** An event as a person reads it. */
export function eventText(event: NewsEvent): string {
  switch (event.kind) {
    case "checkIn":
      return `${whoText(event)}  ${checkInText(event)}`;
    case "reported":
      return `${identityText(event.device)}  ${reportText(event)}`;
    case "rolloutChanged":
      return `roll-out ${event.rollout} is ${event.state}${event.reason === undefined ? "" : `: ${event.reason}`}`;
    case "phaseChanged":
      return `roll-out ${event.rollout}, phase ${event.phase} is ${event.state}`;
    case "alertRaised":
      return `alert ${event.rule} ${event.subject}: ${event.text}`;
    case "alertCleared":
      return `alert ${event.rule} ${event.subject} is over`;
    case "httpFailed":
      return `HTTP: ${event.reason}`;
    case "registryBroken":
      return `nothing can be released, nor any key changed: ${event.reason}`;
    case "releasesAvailable":
      return "releases can be read again";
    case "releasesUnavailable":
      return `images are served, manifests, tickets and reports wait: ${event.reason}`;
    case "transfer":
      return `${whoText(event)}  ${pathOf(event)} ${transferText(event)}`;
    case "handshakeFailed":
      return `${whoText(event)}  handshake failed: ${event.reason} (${event.detail})`;
    case "imageDamaged":
      return `${event.path} cannot be served (${event.reason}): publish its file again`;
    case "imagesAvailable":
      return "images can be looked up again";
    case "imagesUnavailable":
      return `known images are served, others wait: ${event.reason}`;
    case "repeated":
      return `${event.of} (${event.reason}): ${event.count} times more within a minute`;
    case "keysAvailable":
      return "keys can be read again";
    case "keysUnavailable":
      return `sessions go on, new ones wait: ${event.reason}`;
    case "keyRefused":
      return `${whoText(event)}  refused: ${event.reason === "keyDiffers" ? "another key" : "no key for this identity"}`;
    case "sessionDown":
      return `${whoText(event)}  session down (${event.end})`;
    case "sessionsRestored":
      return `${event.restoredCount} sessions go on, ${event.refusedCount} cannot`;
    case "sessionsUnsaved":
      return `sessions will not outlive this process for now: ${event.reason}`;
    case "unwitnessed":
      return `the registry's newest checkpoint lacks a witness: ${event.reason}`;
    case "sessionUp":
      return `${whoText(event)}  session up, ${event.cipherSuite}${event.connectionId ? ", Connection ID" : ""}`;
  }
}

const TRANSFER_EVENTS = { begun: "transferBegun", progress: "transferProgress", done: "transferDone" } as const;

function transferText({ news }: TransferEvent): string {
  const { kind, percent, blocks, resends, bytes, seconds } = news;
  if (kind === "begun") return "begun";
  if (kind === "progress") return `${percent} %`;
  const rate = formatRate(bytes, seconds);
  return `done: ${blocks} blocks, ${resends} resent, ${bytes} bytes in ${seconds.toFixed(1)} s (${rate})`;
}

function checkInText({ product, version, offered }: Extract<NewsEvent, { kind: "checkIn" }>): string {
  const running = version === undefined ? product : `${product} ${version}`;
  return `checked in with ${running}: ${offered === undefined ? "nothing new" : `offered ${offered}`}`;
}

function reportText({ report }: ReportEvent): string {
  const { product, version = "", result, reason } = report;
  return `reports ${product} ${version}: result ${result}${reason === undefined ? "" : ` (${reason})`}`;
}

function pathOf({ news: { image } }: TransferEvent): string {
  return imagePath(image.product, image.version);
}

type PeerEvent = Extract<NewsEvent, { readonly peer: PeerAddress }>;

/** On plain CoAP, and before a handshake ends well, nobody has an identity. */
function identityOf(event: PeerEvent): string | undefined {
  return "identity" in event && event.identity !== undefined ? identityText(event.identity) : undefined;
}

function whoText(event: PeerEvent): string {
  const peer = formatPeerAddress(event.peer);
  const identity = identityOf(event);
  return identity === undefined ? peer : `${identity} at ${peer}`;
}
