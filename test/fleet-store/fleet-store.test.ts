import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CONTACT_DELAY_MS, CONTACTS_WAITING_MAX } from "../../src/fleet-store/fleet-store.ts";
import { Figure } from "../../src/manifest/figure.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { BEGIN, checkInOf, FleetScene, OPERATOR } from "./scene.ts";

const test = suite("fleet-store");
const scratch = scratchDirectories(test);

test("an identity that checks in appears by itself, and is there after a restart", async () => {
  const directory = scratch();
  const scene = await FleetScene.open(directory);
  assert.is((await scene.checksIn("meter-7", { cell: "c4" })).kind, "newest");
  const before = await scene.inFile("meter-7");
  assert.equal([before?.cell, before?.running.version, before?.firstContactAt], ["c4", "1.2.0", BEGIN]);
  await scene.close();
  const again = await FleetScene.open(directory);
  assert.equal(await again.inFile("meter-7"), before);
  await again.close();
});

test("on plain CoAP a device is answered and not kept", async () => {
  const scene = await FleetScene.open(scratch());
  const input = { ...checkInOf("x"), id: undefined, identity: new Uint8Array(), scheme: "coap" };
  const [answer] = await scene.takes(input as ReturnType<typeof checkInOf>);
  assert.is((answer as { kind: string }).kind, "newest");
  await scene.service.act(OPERATOR, { kind: "productSet", product: "pump", change: { offer: "rollout" } });
  assert.is(((await scene.takes(input as ReturnType<typeof checkInOf>))[0] as { kind: string }).kind, "nothing");
  assert.is(await scene.store.devices.count(), 0);
  await scene.close();
});

test("a pseudonym stays a device's own, and tells it from others", async () => {
  const scene = await FleetScene.open(scratch());
  await scene.takes(checkInOf("meter-7"), checkInOf("meter-8"));
  const pseudonym = (await scene.inFile("meter-7"))!.pseudonym;
  assert.match(pseudonym, /^[0-9a-f]{32}$/);
  assert.is.not((await scene.inFile("meter-8"))!.pseudonym, pseudonym);
  await scene.checksIn("meter-7", { version: "1.3.0" });
  assert.is((await scene.inFile("meter-7"))!.pseudonym, pseudonym);
  await scene.close();
});

test("contact alone is written with the next commit or after a while; another version is written at once", async () => {
  const scene = await FleetScene.open(scratch());
  await scene.checksIn("meter-7");
  scene.now += 1_000;
  await scene.checksIn("meter-7", { figures: new Map([[Figure.BOOTS, 3]]) });
  assert.is((await scene.inFile("meter-7"))!.lastContactAt, BEGIN);
  const shown = await scene.service.device("meter-7");
  assert.equal(shown.ok && [shown.value.device.lastContactAt, shown.value.device.boots], [BEGIN + 1_000, 3]);
  scene.now += CONTACT_DELAY_MS;
  await scene.checksIn("meter-7");
  assert.is((await scene.inFile("meter-7"))!.lastContactAt, scene.now);
  scene.now += 1_000;
  await scene.checksIn("meter-7", { version: "1.3.0" });
  assert.is((await scene.inFile("meter-7"))!.running.version, "1.3.0");
  await scene.close();
});

test(`${CONTACTS_WAITING_MAX} contacts wait at the most`, async () => {
  const scene = await FleetScene.open(scratch());
  const inputs = Array.from({ length: CONTACTS_WAITING_MAX }, (_, i) => checkInOf(`meter-${i}`));
  await scene.takes(...inputs);
  scene.now += 1_000;
  await scene.takes(...inputs.slice(1));
  assert.is((await scene.inFile("meter-1"))!.lastContactAt, BEGIN);
  await scene.takes(inputs[0]!);
  assert.is((await scene.inFile("meter-1"))!.lastContactAt, scene.now);
  await scene.close();
});

test("what waits in memory is written at the end", async () => {
  const directory = scratch();
  const scene = await FleetScene.open(directory);
  await scene.checksIn("meter-7");
  scene.now += 1_000;
  await scene.checksIn("meter-7");
  await scene.close();
  const again = await FleetScene.open(directory);
  assert.is((await again.inFile("meter-7"))!.lastContactAt, BEGIN + 1_000);
  await again.close();
});

test("a command beside the server: what it did counts at the next check-in, and contact that waited takes nothing back", async () => {
  const directory = scratch();
  const [server, command] = [await FleetScene.open(directory), await FleetScene.open(directory)];
  await server.checksIn("meter-7");
  server.now += 1_000;
  await server.checksIn("meter-7");
  const change = { attributes: { site: "lab" } };
  assert.ok((await command.service.act(OPERATOR, { kind: "deviceSet", change }, "meter-7")).ok);
  const policy = { offer: "rollout" } as const;
  assert.ok((await command.service.act(OPERATOR, { kind: "productSet", product: "pump", change: policy })).ok);
  server.now += CONTACT_DELAY_MS;
  assert.is((await server.checksIn("meter-8")).kind, "nothing");
  const device = await server.inFile("meter-7");
  assert.equal([device?.attributes["site"], device?.lastContactAt], ["lab", BEGIN + 1_000]);
  await server.close();
  await command.close();
});

test.run();
