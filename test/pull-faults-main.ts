// `npm run test:pull-faults`: the real pull and the real serve, with a fault before each of their datagrams at a round trip of
// 3 s: the server is killed and is back within 30 s, or stays away, or sees the device at another port.

import { type PullFault, type PullOutcome, pullThroughFault } from "./support/pull-fault-scene.ts";

const ROUND_TRIP_MS = 3_000;
/** A server on a busy computer takes seconds to start. */
const RESTART_AFTER_MS = 12_000;
const BACK_WITHIN_MS = 30_000;
const REASON_WITHIN_MS = 60_000;
/** More pulls than this have to wait for processors, so that timers say little. */
const AT_A_TIME = Number(process.env["NARROWBOAT_PULLS_AT_A_TIME"] ?? 8);

interface Scene {
  readonly name: string;
  readonly fault: PullFault;
  readonly before: number;
  /** What is wrong with the outcome, if anything. */
  judge(outcome: PullOutcome): string | undefined;
}

const faults: string[] = [];

const undisturbed = await pullThroughFault({ kind: "none" }, 0, ROUND_TRIP_MS);
if (!undisturbed.isWhole) faults.push(`without a fault: ${undisturbed.text}`);
const numbers = Array.from({ length: undisturbed.datagramCount }, (_, i) => i + 1);

function endsRight({ isWhole, backMs, text }: PullOutcome): string | undefined {
  if (backMs !== undefined && backMs > BACK_WITHIN_MS) return `the server was back after ${backMs} ms only`;
  return isWhole && !/still trying|did not accept/.test(text.replace(/no answer yet.*|not accepted the key yet.*/g, ""))
    ? undefined
    : text;
}

function saysWhy({ isWhole, reasonMs, text }: PullOutcome): string | undefined {
  // Its last answer had left by then.
  if (isWhole) return undefined;
  const isRight = /does not answer|fell silent/.test(text) && !/did not accept the key/.test(text);
  return isRight && reasonMs !== undefined && reasonMs <= REASON_WITHIN_MS ? undefined : `${reasonMs} ms: ${text}`;
}

const scenes: Scene[] = numbers.flatMap((before) => [
  {
    name: "the server is killed and back",
    fault: { kind: "serverRestarts", afterMs: RESTART_AFTER_MS },
    before,
    judge: endsRight,
  },
  { name: "the source port changes", fault: { kind: "portChanges" }, before, judge: endsRight },
  { name: "the server stays away", fault: { kind: "serverStaysAway" }, before, judge: saysWhy },
]);

async function playNext(): Promise<void> {
  for (let scene = scenes.shift(); scene !== undefined; scene = scenes.shift()) {
    const { name, fault, before } = scene;
    const outcome = await pullThroughFault(fault, before, ROUND_TRIP_MS);
    const { isWhole, backMs, reasonMs, endMs } = outcome;
    const seconds = (ms: number | undefined) => ms !== undefined && Math.round(ms / 100) / 10;
    const times = { isWhole, back: seconds(backMs), reason: seconds(reasonMs), end: seconds(endMs) };
    console.log(`${name} before datagram ${before} of ${numbers.length}`, JSON.stringify(times));
    const wrong = scene.judge(outcome);
    if (wrong !== undefined) faults.push(`${name} before datagram ${before}: ${wrong}`);
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, playNext));

const wrongKey = await pullThroughFault({ kind: "none" }, 0, 100, "another key 1234");
console.log("a wrong key", JSON.stringify({ end: Math.round(wrongKey.endMs / 1000) }), wrongKey.text.trim());
if (!/did not accept the key/.test(wrongKey.text)) faults.push(`a wrong key: ${wrongKey.text}`);

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
