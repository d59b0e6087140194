// The fleet's own time. Soaks, deadlines and pace are counted in it, so that neither a clock that is set forward nor a server
// that stood still for a night ends a soak early or makes a thousand devices late at once: time counts only in so far as events
// showed that somebody was there to see it. Windows are times of day, and go by the clock on the wall.

/** What one event may add: whoever steps a fleet ticks at least twice as often. */
export const CLOCK_STEP_MAX_MS = 120_000;

export interface Clock {
  /** Of the latest event, ms since 1970. */
  readonly wall: number;
  /** The fleet's time then, ms: since 1970 too, less what was never seen. */
  readonly time: number;
}

export const STOPPED_CLOCK: Clock = { wall: 0, time: 0 };

/** The clock at the next event. */
export function clockAt(clock: Clock, now: number): Clock {
  if (clock.wall === 0) return { wall: now, time: now };
  if (now === clock.wall) return clock;
  return { wall: now, time: clock.time + Math.min(Math.max(0, now - clock.wall), CLOCK_STEP_MAX_MS) };
}

/** A time of the fleet's as people read it, by what is known now. */
export function wallTime({ wall, time }: Clock, at: number): number {
  return at + wall - time;
}
