// When something may happen, as people write it: `Mon-Fri 22:00-05:00 [Europe/Berlin]`. Several go with `;` between them, without
// days it is every day, without a zone it is UTC, and a night belongs to the day on which it begins. What the clocks' change does
// to it is said here alone: a time that the change skips is the moment of the change; one that comes twice begins at its first
// and ends at its first; and what lies within a skipped hour altogether opens at the change, for its whole length.

import { Temporal } from "temporal-polyfill";
import { failed, ok, type Result } from "../base/result.ts";

/** Characters of a window as it is written, and the rules in one. */
export const WINDOW_LENGTH_MAX = 256;
export const WINDOW_RULES_MAX = 16;

/** Open or not, all of this time: ms since 1970, the end not included. */
export interface Span {
  readonly isOpen: boolean;
  readonly from: number;
  readonly until: number;
}

interface DayTimes {
  /** By ISO 8601 weekday less one: Monday is the first. */
  readonly days: readonly boolean[];
  /** Minutes of the day; where the end is not later it is one of the next day. */
  readonly start: number;
  readonly end: number;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MINUTES = 1_440;
const ZONE = /\[([^\]]*)\]\s*$/;
const RULE = /^(?:(\S+)\s+)?(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)$/;

/** Days looked at before a moment and after it: the longest that a rule can be closed is a week. */
const DAYS_BEFORE = 2;
const DAYS_AFTER = 9;

export class Window {
  readonly #rules: readonly DayTimes[];
  readonly #zone: string;
  /** The latest two that were asked for: the one that it is, and the one that is waited for, again and again. */
  #spans: readonly Span[] = [];

  private constructor(rules: readonly DayTimes[], zone: string) {
    this.#rules = rules;
    this.#zone = zone;
  }

  /** The error is one line that says what to write. */
  static parse(text: string): Result<Window, string> {
    if (text.length > WINDOW_LENGTH_MAX) return failed(`a window has at most ${WINDOW_LENGTH_MAX} characters`);
    const zone = ZONE.exec(text)?.[1] ?? "UTC";
    if (!isZone(zone)) return failed(`"${zone}" is no time zone: write one as in [Europe/Berlin]`);
    const written = text.replace(ZONE, "").split(";");
    if (written.length > WINDOW_RULES_MAX) return failed(`a window has at most ${WINDOW_RULES_MAX} parts`);
    const rules: DayTimes[] = [];
    for (const part of written) {
      const rule = parseRule(part.trim());
      if (rule === undefined) {
        return failed(`"${part.trim()}" is no window: write one as in "Mon-Fri 22:00-05:00 [Europe/Berlin]"`);
      }
      rules.push(rule);
    }
    return ok(new Window(rules, zone));
  }

  /** The span that `now` is in. */
  at(now: number): Span {
    for (const known of this.#spans) if (now >= known.from && now < known.until) return known;
    const span = this.#find(now);
    this.#spans = [span, ...this.#spans.slice(0, 1)];
    return span;
  }

  /** ms of the time from `from` to `until` in which it is open. */
  openWithin(from: number, until: number): number {
    let open = 0;
    for (let at = from; at < until; ) {
      const span = this.at(at);
      const end = Math.min(span.until, until);
      if (span.isOpen) open += end - at;
      at = end;
    }
    return open;
  }

  #find(now: number): Span {
    let from = -Infinity;
    for (const open of this.#openings(now)) {
      if (now < open.from) return { isOpen: false, from, until: open.from };
      if (now < open.until) return open;
      from = open.until;
    }
    // Nothing opens within DAYS_AFTER: it is looked at again then.
    return { isOpen: false, from, until: now + DAY_MINUTES * 60_000 };
  }

  /** Those around `now` in order, what touches made one. */
  #openings(now: number): readonly Span[] {
    const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(now)).toZonedDateTimeISO(this.#zone).toPlainDate();
    const found: { isOpen: true; from: number; until: number }[] = [];
    for (let day = -DAYS_BEFORE; day <= DAYS_AFTER; day++) {
      const date = today.add({ days: day });
      for (const rule of this.#rules) if (rule.days[date.dayOfWeek - 1]) found.push(this.#opening(date, rule));
    }
    found.sort((a, b) => a.from - b.from);
    const merged: typeof found = [];
    for (const open of found) {
      const last = merged.at(-1);
      if (last !== undefined && open.from <= last.until) last.until = Math.max(last.until, open.until);
      else merged.push(open);
    }
    return merged;
  }

  #opening(date: Temporal.PlainDate, { start, end }: DayTimes): { isOpen: true; from: number; until: number } {
    const minutes = end > start ? end - start : end + DAY_MINUTES - start;
    const from = this.#moment(date, start);
    const until = this.#moment(date, start + minutes);
    return { isOpen: true, from, until: until > from ? until : from + minutes * 60_000 };
  }

  /** When clocks first show so many minutes after midnight of `date`, or pass over it. */
  #moment(date: Temporal.PlainDate, minutes: number): number {
    const local = date.toPlainDateTime().add({ minutes });
    const first = local.toZonedDateTime(this.#zone, { disambiguation: "earlier" });
    if (first.toPlainDateTime().equals(local)) return first.epochMilliseconds;
    return first.getTimeZoneTransition("next")!.epochMilliseconds;
  }
}

function parseRule(text: string): DayTimes | undefined {
  const parts = RULE.exec(text);
  if (parts === null) return undefined;
  const [, days, ...numbers] = parts;
  const [startHour = 0, startMinute = 0, endHour = 0, endMinute = 0] = numbers.map(Number);
  const start = 60 * startHour + startMinute;
  const end = 60 * endHour + endMinute;
  const isTime = startMinute < 60 && endMinute < 60 && start < DAY_MINUTES && end <= DAY_MINUTES && start !== end;
  const on = days === undefined ? DAYS.map(() => true) : parseDays(days);
  return isTime && on !== undefined ? { days: on, start, end } : undefined;
}

/** `Mon-Fri,Sun`; `Sat-Mon` goes over the week's end. */
function parseDays(text: string): readonly boolean[] | undefined {
  const on = DAYS.map(() => false);
  for (const part of text.split(",")) {
    const [first = "", last = first, ...more] = part.split("-");
    const from = DAYS.indexOf(first);
    const to = DAYS.indexOf(last);
    if (from < 0 || to < 0 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % DAYS.length) {
      on[day] = true;
      if (day === to) break;
    }
  }
  return on;
}

function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
