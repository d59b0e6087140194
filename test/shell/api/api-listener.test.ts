// HTTP beside devices: a process that begins with the first who asks, is replaced when it dies, and ends with the server.

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AccessStore } from "../../../src/access-store/access-store.ts";
import { ApiListener, CONNECTIONS_WAITING_MAX } from "../../../src/shell/api/api-listener.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";

const test = suite("api-listener");
const scratch = scratchDirectories(test);

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_200 && !(await isSo()); i++) await wait(50);
  assert.ok(await isSo());
}

test("nothing runs until somebody asks; what dies is replaced, and what waits is bounded; all of it goes with the listener", async () => {
  const directory = scratch();
  const faults: string[] = [];
  const listener = await ApiListener.start({
    directory,
    host: "127.0.0.1",
    port: 0,
    certificate: undefined,
    figures: () => ({ counters: { handshakes: 3 }, tables: { sessions: 2 } }),
    faulty: (reason) => faults.push(reason),
  });
  try {
    await scene(listener, directory, faults);
  } finally {
    await listener.close();
  }
});

/** Node.js 20's fetch waits for ever where a connection is closed before it was used. */
function patientFetch(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
}

async function scene(listener: ApiListener, directory: string, faults: readonly string[]): Promise<void> {
  const url = `http://127.0.0.1:${listener.port}`;
  assert.is(listener.pid, undefined);
  // Whoever opens connections while the process begins gets no more than these.
  const early = Array.from({ length: CONNECTIONS_WAITING_MAX + 1 }, () => connect(listener.port, "127.0.0.1"));
  let closedCount = 0;
  for (const socket of early) socket.on("close", () => closedCount++).on("error", () => {});
  await until(() => closedCount > 0);
  assert.is(closedCount, 1);
  for (const socket of early) socket.destroy();
  const isHealthy = () =>
    patientFetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isHealthy);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /^narrowboat_events_total\{event="handshakes"\} 3$/m);

  const access = AccessStore.open(directory);
  const session = access.sessions.begin("anna", Date.now());
  const link = access.addUser("anna", { role: "viewer" }, "local:root", Date.now());
  access.setPassword(link, undefined, "", Date.now());
  const cookie = `nb=${access.sessions.begin("anna", Date.now())}`;
  access.close();
  assert.is((await fetch(`${url}/api/v1/session`, { headers: { cookie } })).status, 200);
  assert.is((await fetch(`${url}/api/v1/session`, { headers: { cookie: `nb=${session}` } })).status, 401);

  const first = listener.pid!;
  process.kill(first, "SIGKILL");
  await until(() => faults.length > 0);
  assert.equal(faults, ["the process that answers HTTP ended"]);
  const isAnswered = () =>
    patientFetch(`${url}/api/v1/session`, { cookie }).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isAnswered);
  const second = listener.pid!;
  assert.is.not(second, first);
  await listener.close();
  if (process.platform === "linux") assert.not(existsSync(`/proc/${second}`));
  assert.not(await isAnswered());
}

test.run();
