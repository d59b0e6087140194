// What has to be had before a request can be answered: the core asks, waits in a state of its own, and is told when to go on.

/** Equal texts are the same question: many requests may wait for one answer. */
export interface Question {
  readonly question: string;
}
