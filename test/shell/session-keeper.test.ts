// What goes between a server's sessions and their store holds keys: it is overwritten once it was used.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyOf } from "../../src/base/bytes.ts";
import { SessionKeeper, type SessionSource } from "../../src/shell/session-keeper.ts";
import { FirmwareScene } from "../support/firmware-scene.ts";

const test = suite("session-keeper");

const REMOVALS = { removal: 0, removedSince: () => [] };

const OUTLET = {
  saved: () => {},
  lost: (reason: string) => assert.unreachable(reason),
  failed: (error: unknown) => assert.unreachable(String(error)),
};

type Stored = SessionSource["stored"]["sessions"][number];

/** A store that keeps copies, and the arrays that it was given. */
class WatchedSource implements SessionSource {
  readonly stored: SessionSource["stored"];
  readonly given: Uint8Array[] = [];
  readonly copies: Stored[] = [];

  constructor(sessions: readonly Stored[] = []) {
    this.stored = { sessions, loss: undefined, damagedCount: 0, removal: 0, cookieSecret: new Uint8Array(32).fill(7) };
  }

  save({ sessions }: Parameters<SessionSource["save"]>[0]): Promise<undefined> {
    for (const { number, bytes } of sessions) {
      this.given.push(bytes);
      this.copies.push({ number, bytes: copyOf(bytes), starts: 0 });
    }
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function savedFrom(scene: FirmwareScene): Promise<WatchedSource> {
  scene.sessionPeer().asks("CON 1 GET /.well-known/core");
  const source = new WatchedSource();
  await new SessionKeeper(scene.server, source, REMOVALS, OUTLET).save();
  return source;
}

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

test("what was stored of a session is overwritten when the store has it", async () => {
  const { given } = await savedFrom(new FirmwareScene());
  assert.is(given.length, 1);
  assert.ok(isWiped(given[0]!));
});

test("what was taken up, and what could not be, is overwritten when its session goes on or not", async () => {
  const { copies } = await savedFrom(new FirmwareScene());
  const broken = { number: 2, bytes: Uint8Array.of(1, 2, 3), starts: 0 };
  const sessions = [copies[0]!, broken];
  assert.not(isWiped(copies[0]!.bytes));
  const keeper = new SessionKeeper(new FirmwareScene().server, new WatchedSource(sessions), REMOVALS, OUTLET);
  assert.equal(keeper.restore(), { restoredCount: 1, refusedCount: 1 });
  for (const { bytes } of sessions) assert.ok(isWiped(bytes));
});

test.run();
