// Server-sent events (the HTML standard, 9.2): each record as it is committed, with its number as the event's id. Whoever was
// cut off says the number of the last one that came, and misses none and gets none twice.

import type { ServerResponse } from "node:http";
import type { FleetService, NumberedRecord } from "../fleet/fleet-service.ts";
import { granted, Problem, Status } from "./problem.ts";

/** Listeners in all, and of one person. */
export const STREAMS_MAX = 64;
export const STREAMS_OF_PERSON_MAX = 8;

/** Bytes that wait for a listener who does not read; then the connection ends, and the listener may come again. */
export const STREAM_WAITING_LENGTH_MAX = 2 ** 20;

/** How often it is asked for what is new, while somebody listens. */
const LOOK_INTERVAL_MS = 250;

/** A proxy in between must not take silence for an end; and by then it is asked whether the listener is still let in. */
const HEARTBEAT_INTERVAL_MS = 15_000;

/** What a browser waits before it comes again. */
const RETRY_MS = 3_000;

const PAGE = 500;

interface Stream {
  readonly person: string;
  readonly response: ServerResponse;
  /** Throws Problem when the listener is no longer let in. */
  readonly recheck: () => void;
  /** The number of the last record that went out. */
  last: number;
}

export class EventStreams {
  readonly #fleet: FleetService;
  /** All of them; and those that have caught up with the present. */
  readonly #all = new Set<Stream>();
  readonly #live = new Set<Stream>();
  #looking: NodeJS.Timeout | undefined;
  #beating: NodeJS.Timeout | undefined;
  #isBusy = false;

  constructor(fleet: FleetService) {
    this.#fleet = fleet;
  }

  get count(): number {
    return this.#all.size;
  }

  /** Begins the response, with what comes after the record of this number. Throws Problem. */
  async add(person: string, after: number | undefined, response: ServerResponse, recheck: () => void): Promise<void> {
    this.#refuseTooMany(person);
    const stream: Stream = { person, response, recheck, last: after ?? 0 };
    this.#all.add(stream);
    response.once("close", () => this.#remove(stream));
    try {
      if (after === undefined) stream.last = granted(await this.#fleet.newest());
      response.writeHead(Status.OK, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(`retry: ${RETRY_MS}\n\n`);
      await this.#catchUp(stream);
    } catch (error) {
      this.#remove(stream);
      throw error;
    }
    if (!this.#all.has(stream)) return;
    this.#live.add(stream);
    this.#looking ??= setInterval(() => void this.#look(), LOOK_INTERVAL_MS);
    this.#beating ??= setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS);
  }

  /** Ends all of them: listeners come again, to whoever serves then. */
  close(): void {
    for (const stream of [...this.#all]) this.#end(stream);
  }

  #refuseTooMany(person: string): void {
    const own = [...this.#all].filter((stream) => stream.person === person).length;
    if (this.#all.size < STREAMS_MAX && own < STREAMS_OF_PERSON_MAX) return;
    throw new Problem(Status.UNAVAILABLE, "too many listen to events: end one of them first", RETRY_MS / 1_000);
  }

  /** A long past goes out as fast as it is read: no more than a page waits. */
  async #catchUp(stream: Stream): Promise<void> {
    while (this.#all.has(stream)) {
      const page = granted(await this.#fleet.changes(stream.last, PAGE));
      this.#write(stream, page);
      if (stream.response.writableNeedDrain) await drained(stream.response);
      if (page.length < PAGE) return;
    }
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const from = Math.min(...[...this.#live].map(({ last }) => last));
      const page = await this.#fleet.changes(from, PAGE);
      // What cannot be read now can be later: nothing is lost, for each stream knows where it is.
      if (page.ok) for (const stream of [...this.#live]) this.#writeLive(stream, page.value);
    } finally {
      this.#isBusy = false;
    }
  }

  #write(stream: Stream, records: readonly NumberedRecord[]): void {
    const fresh = records.filter(({ number }) => number > stream.last);
    if (fresh.length === 0) return;
    stream.last = fresh.at(-1)!.number;
    stream.response.write(fresh.map(eventText).join(""));
  }

  #writeLive(stream: Stream, records: readonly NumberedRecord[]): void {
    this.#write(stream, records);
    if (stream.response.writableLength > STREAM_WAITING_LENGTH_MAX) this.#end(stream);
  }

  #beat(): void {
    for (const stream of [...this.#live]) {
      try {
        stream.recheck();
        stream.response.write(":\n\n");
      } catch {
        this.#end(stream);
      }
    }
  }

  #end(stream: Stream): void {
    this.#remove(stream);
    stream.response.destroy();
  }

  #remove(stream: Stream): void {
    this.#all.delete(stream);
    this.#live.delete(stream);
    if (this.#live.size > 0) return;
    clearInterval(this.#looking);
    clearInterval(this.#beating);
    this.#looking = undefined;
    this.#beating = undefined;
  }
}

function eventText(one: NumberedRecord): string {
  return `id: ${one.number}\nevent: change\ndata: ${JSON.stringify(one)}\n\n`;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
