import { type AddressInfo, connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BODY_LENGTH_MAX,
  CONNECTIONS_MAX,
  HEADERS_LENGTH_MAX,
  REQUESTS_AT_ONCE_MAX,
} from "../../src/api/api-server.ts";
import { Idempotency, KEPT_ANSWERS_LENGTH_MAX, KEPT_ANSWERS_MAX } from "../../src/api/idempotency.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { ApiScene } from "./api-scene.ts";
import { PlainFleet } from "./plain-fleet.ts";

const test = suite("api-server");
const scratch = scratchDirectories(test);

async function inScene(work: (scene: ApiScene) => Promise<void>): Promise<void> {
  const scene = new ApiScene(scratch(), new PlainFleet());
  try {
    await work(scene);
  } finally {
    await scene.close();
  }
}

const DRAFT = { name: "autumn", product: "pump", version: "2.0", phases: [{ kind: "share", share: 1 }] };

test("what is wrong is a problem (RFC 9457) that names the member, and nothing is coerced or left out", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "operator" });
    const create = async (body: unknown) => {
      const { statusCode, headers, json } = await scene.ask({ method: "POST", url: "/api/v1/rollouts", token, body });
      const { detail, status } = json();
      assert.equal([status, headers["content-type"]], [statusCode, "application/problem+json; charset=utf-8"]);
      return `${statusCode} ${detail}`;
    };
    assert.match(await create({ ...DRAFT, success: "0.9" }), /^400 body, success: expected number/i);
    assert.match(await create({ ...DRAFT, sucess: 0.9 }), /^400 body, sucess: unexpected property/i);
    assert.match(await create({ ...DRAFT, phases: [], name: 5 }), /^400 body, name: expected string/i);
    assert.match(await create({ ...DRAFT, name: "n".repeat(65) }), /^400 body, name: expected string length less/i);
    assert.equal(scene.fleet.acted, []);
  }));

test("what the fleet refuses is told in its own words, and a mistake of ours in none", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "approver" });
    const approve = () => scene.ask({ method: "POST", url: "/api/v1/rollouts/spring/approve", token });
    scene.fleet.refusal = { kind: "refused", reason: "you made roll-out spring: another person has to approve it" };
    const refused = await approve();
    assert.equal([refused.statusCode, refused.json().detail], [409, scene.fleet.refusal.reason]);
    scene.fleet.act = () => Promise.reject(new Error("secret of ours"));
    const broken = await approve();
    assert.is(broken.statusCode, 500);
    assert.not.match(broken.body, /secret of ours/);
    assert.is(scene.failures.length, 1);
  }));

test("an act is the person's whose token it is", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "operator" }, "bert");
    await scene.ask({ method: "PUT", url: "/api/v1/devices/pump-1/consent", token, body: { state: "denied" } });
    const action = { kind: "deviceConsent", consent: { state: "denied", until: undefined } };
    assert.equal(scene.fleet.acted, [{ person: "bert", action, device: "pump-1" }]);
  }));

test("RFC 9110 13.1.1: If-Match lets only whoever saw the latest change it", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "admin" });
    const url = "/api/v1/products/pump";
    const seen = (await scene.ask({ url, token })).headers["etag"] as string;
    const change = async (approvals: number, tag: string) =>
      (await scene.ask({ method: "PATCH", url, token, headers: { "if-match": tag }, body: { approvals } })).statusCode;
    assert.is(await change(1, seen), 200);
    assert.is(await change(2, seen), 412, "it is another one since");
    assert.is(await change(2, `W/${seen}`), 412, "a weak tag matches nothing");
    const now = (await scene.ask({ url, token })).headers["etag"] as string;
    assert.is(await change(2, `"other", ${now}`), 200);
    const both = await Promise.all(
      [3, 4].map(async (count) => change(count, (await scene.ask({ url, token })).headers["etag"] as string)),
    );
    assert.equal(both.sort(), [200, 412], "of two at once one is first");
  }));

test("a POST that comes again with its Idempotency-Key is done once, and has one answer", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "operator" });
    const create = (key: string, body = DRAFT, by = token) =>
      scene.ask({ method: "POST", url: "/api/v1/rollouts", token: by, headers: { "idempotency-key": key }, body });
    const [first, second] = await Promise.all([create("k1"), create("k1")]);
    assert.equal([first.statusCode, first.body], [201, second.body]);
    assert.is(scene.fleet.acted.length, 1);
    assert.is((await create("k1", { ...DRAFT, name: "other" })).statusCode, 422, "another request");
    await create("k1", DRAFT, scene.tokenOf({ role: "operator" }, "bert"));
    assert.is(scene.fleet.acted.length, 2, "somebody else's key is another one");
    scene.fleet.refusal = { kind: "unavailable", reason: "the disk is full" };
    assert.is((await create("k2")).statusCode, 503);
    scene.fleet.refusal = undefined;
    assert.is((await create("k2")).statusCode, 201, "what was not done may be tried again");
    assert.is((await create("")).statusCode, 400);
  }));

test("devices come in pages, each with what to ask for next, and a page has a most", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "viewer" });
    const page = async (query: string) => (await scene.ask({ url: `/api/v1/devices?${query}`, token })).json();
    const first = await page("limit=2");
    assert.equal([first.devices.length, first.next], [2, "pump-2"]);
    const last = await page(`limit=2&after=${first.next}`);
    assert.equal([last.devices[0].id, last.next], ["valve-1", undefined]);
    assert.match((await page("limit=1001")).detail, /use 1 to 1000/);
    assert.is((await page("limit=0")).status, 400);
    assert.is((await page(`where=${"x".repeat(1_025)}`)).status, 400);
  }));

test("a body of more than 64 KiB is refused before it is read, and no JSON is refused", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "operator" });
    const send = async (payload: string) => {
      const headers = { "content-type": "application/json" };
      return (await scene.ask({ method: "POST", url: "/api/v1/rollouts", token, headers, body: payload })).statusCode;
    };
    assert.is(await send(JSON.stringify("x".repeat(BODY_LENGTH_MAX))), 413);
    assert.is(await send("{"), 400);
    assert.is(await send('{"__proto__":{}}'), 400);
  }));

test("a host that this server is not called, as DNS rebinding sends, is misdirected", () =>
  inScene(async (scene) => {
    const status = async (host: string) => (await scene.ask({ url: "/healthz", headers: { host } })).statusCode;
    assert.equal(
      await Promise.all(
        ["localhost:8080", "127.0.0.1:1", "[::1]:1", "evil.example", "localhost.evil.example"].map(status),
      ),
      [200, 200, 200, 421, 421],
    );
  }));

test("from one address 1,000 requests at once are answered, and then one each 5 ms", () =>
  inScene(async (scene) => {
    const ask = async () => (await scene.ask({ url: "/healthz" })).statusCode;
    for (let i = 0; i < REQUESTS_AT_ONCE_MAX; i++) await ask();
    assert.is(await ask(), 429);
    scene.now += 5;
    assert.equal([await ask(), await ask()], [200, 429]);
  }));

test("metrics are Prometheus's text: counters, tables and phases, and no device", () =>
  inScene(async (scene) => {
    const { headers, body } = await scene.ask({ url: "/metrics" });
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    assert.match(body, /^narrowboat_events_total\{event="coap.requests"\} 7$/m);
    assert.match(body, /^narrowboat_table_entries\{table="sessions"\} 2$/m);
    for (const line of body.trim().split("\n"))
      assert.match(line, /^(# (HELP|TYPE) narrowboat_|narrowboat_\w+\{[^}]*\} \d)/);
    assert.not.match(body, /pump-1/);
  }));

test("of 4,097 kept answers the oldest goes", async () => {
  const idempotency = new Idempotency();
  let count = 0;
  const ask = (key: string) => idempotency.once("anna", key, "", async () => ({ status: 200, body: String(count++) }));
  for (let i = 0; i <= KEPT_ANSWERS_MAX; i++) await ask(`key${i}`);
  assert.is(idempotency.count, KEPT_ANSWERS_MAX);
  assert.equal([(await ask(`key${KEPT_ANSWERS_MAX}`)).body, (await ask("key0")).body], ["4096", "4097"]);
});

test("kept answers take 16 MiB in all, and the oldest give way", async () => {
  const idempotency = new Idempotency();
  const body = "x".repeat(2 ** 20);
  const ask = (key: string) => idempotency.once("anna", key, "", async () => ({ status: 200, body }));
  for (let i = 0; i < 20; i++) await ask(`key${i}`);
  assert.is(idempotency.count, 7);
  assert.ok(idempotency.length <= KEPT_ANSWERS_LENGTH_MAX);
});

test("headers of more than 8 KiB are refused, and of more than 256 connections the rest are closed", async () => {
  const scene = new ApiScene(scratch(), new PlainFleet());
  const api = await scene.api;
  await api.listen({ host: "127.0.0.1", port: 0 });
  const { port } = api.server.address() as AddressInfo;
  const status = async (length: number) =>
    (await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { x: "x".repeat(length) } })).status;
  assert.equal([await status(HEADERS_LENGTH_MAX - 1_000), await status(HEADERS_LENGTH_MAX)], [200, 431]);
  api.server.closeAllConnections();
  const sockets = Array.from({ length: CONNECTIONS_MAX + 2 }, () => connect(port, "127.0.0.1"));
  let closedCount = 0;
  for (const socket of sockets) socket.on("close", () => closedCount++).on("error", () => {});
  for (let i = 0; i < 1_000 && closedCount < 2; i++) await wait(10);
  assert.is(closedCount, 2);
  for (const socket of sockets) socket.destroy();
  await scene.close();
});

test.run();
