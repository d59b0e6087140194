// The same words on a data directory and on a server's API: the same is done, and the same is said.

import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { localPerson } from "../../../src/cli/fleet/opened-fleet.ts";
import { StoredFleet } from "../../../src/fleet-store/stored-fleet.ts";
import { ReleaseStore } from "../../../src/release-store/release-store.ts";
import { ApiScene } from "../../api/api-scene.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { signedManifest } from "../../support/releases.ts";
import { spoken } from "../spoken-command.ts";

const test = suite("both-ways");
const scratch = scratchDirectories(test);

type Speak = (...words: readonly string[]) => ReturnType<typeof spoken>;

/** Somebody on the server's computer, and the same person far away. */
async function inScene(work: (here: Speak, there: Speak) => Promise<void>): Promise<void> {
  const directory = scratch();
  release(directory, "2.0");
  const scene = new ApiScene(directory, await StoredFleet.open(directory, CRYPTO, Date.now));
  const before = process.env["NARROWBOAT_TOKEN"];
  try {
    const api = await scene.api;
    await api.listen({ host: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
    scene.now = Date.now();
    process.env["NARROWBOAT_TOKEN"] = scene.tokenOf({ role: "admin" }, localPerson());
    await work(
      (...words) => spoken(...words, "--data", directory),
      (...words) => spoken(...words, "--api", url, "--data", "/nowhere"),
    );
    assert.equal(scene.failures, []);
  } finally {
    if (before === undefined) delete process.env["NARROWBOAT_TOKEN"];
    else process.env["NARROWBOAT_TOKEN"] = before;
    await scene.close();
  }
}

function release(directory: string, version: string): void {
  const store = ReleaseStore.open(directory);
  store.add({ manifest: signedManifest(2, version), releasedAt: Date.now() });
  store.close();
}

/** Says it both ways, and gives what both said. */
async function same(here: Speak, there: Speak, words: string): Promise<string> {
  const [one, other] = [await here(...words.split(" ")), await there(...words.split(" "))];
  assert.equal(other, one, words);
  return one.stdout + one.stderr;
}

test("what one way makes the other way shows, word for word, and approves, starts and ends it", () =>
  inScene(async (here, there) => {
    await there("product", "set", "pump", "--support-until", "2030-06", "--come-again", "1h");
    assert.match(await same(here, there, "product list"), /pump .* 3600 s +2030-06-30/);
    await here("group", "set", "north", "--where", "tag.site = north");
    assert.match(await same(here, there, "group list"), /north +tag.site = north/);
    const made = await there(
      ..."rollout create spring --product pump --version 2.0 --group north --phases 1,50%,100% --on-failure abort".split(
        " ",
      ),
      ...["--window", "Mon-Fri 22:00-05:00 [Europe/Berlin]", "--soak", "10min"],
    );
    assert.match(made.stdout, /^rollout +spring\nrelease +pump 2\.0\ngroup +north\nstate +draft\n/);
    const json = JSON.parse(await same(here, there, "rollout show spring --json"));
    assert.equal(Object.keys(json), ["name", "product", "version", "state", "reason", "phases"]);
    assert.equal(json.phases[1], {
      ...{ share: "50%", state: "waiting", offered: 0, downloading: 0, installed: 0 },
      ...{ confirmed: 0, failed: 0, timedOut: 0 },
    });
    await same(here, there, "rollout list");
    await same(here, there, "rollout list --json");
    assert.match((await here("rollout", "start", "spring", "--json")).stdout, /"state":"running"/);
    assert.match((await there("rollout", "pause", "spring", "--json")).stdout, /"state":"paused"/);
    assert.match((await here("rollout", "resume", "spring", "--json")).stdout, /"state":"running"/);
    assert.match((await there("rollout", "abort", "spring", "--json")).stdout, /"state":"aborted"/);
  }));

test("what is refused is refused in the same line, with the same exit code", () =>
  inScene(async (here, there) => {
    await there(..."rollout create spring --product pump --version 2.0".split(" "));
    for (const [words, line] of [
      ["rollout show autumn", /no roll-out "autumn"/],
      ["rollout approve spring", /you made roll-out spring: another person has to approve it/],
      ["rollout create spring --product pump --version 2.0", /there is a roll-out spring already/],
      ["rollout create other --product pump --version 9.9", /pump 9\.9 is not released/],
      ["devices --where x", /expected a field/],
      ["device show meter-7", /no device "meter-7"/],
      ["group remove nowhere", /there is no group nowhere/],
      ["user remove nobody", /no user is called nobody/],
    ] as const) {
      assert.match(await same(here, there, words), line, words);
    }
  }));

test("users and tokens are let in and shown both ways, and a token's text is said once", () =>
  inScene(async (here, there) => {
    assert.match((await there("user", "add", "bert", "--role", "operator", "--product", "pump")).stdout, /link +nbl_/);
    assert.match((await here("user", "add", "carl", "--role", "approver")).stdout, /link +nbl_/);
    const users = await same(here, there, "user list");
    assert.match(users, /^USER .*\nbert +operator +pump +not yet\ncarl +approver +all +not yet\n$/);
    const token = /nb_\S+/.exec((await there("token", "add", "ci", "--role", "viewer")).stdout)![0];
    assert.not.match(await same(here, there, "token list"), new RegExp(token));
    assert.match((await there("user", "link", "carl")).stdout, /link +nbl_/);
    assert.is((await there("user", "set", "carl", "--role", "viewer")).stdout, "carl is viewer now\n");
    assert.is((await here("user", "remove", "carl")).stdout, "carl removed\n");
    assert.is((await there("token", "remove", "ci")).stdout, "ci removed\n");
  }));

test("without a token, or to a server far away in clear, nothing is sent", async () => {
  const before = process.env["NARROWBOAT_TOKEN"];
  delete process.env["NARROWBOAT_TOKEN"];
  const list = (api: string) => spoken("rollout", "list", "--api", api);
  assert.match((await list("http://127.0.0.1:1")).stderr, /takes a token in NARROWBOAT_TOKEN/);
  process.env["NARROWBOAT_TOKEN"] = "nb_x";
  assert.match((await list("http://fleet.example")).stderr, /sends the token in clear/);
  assert.match((await list("fleet")).stderr, /is no address of an API/);
  const closed = await list("http://127.0.0.1:9");
  assert.equal([closed.code, closed.stderr.split("\n").length], [1, 2]);
  if (before === undefined) delete process.env["NARROWBOAT_TOKEN"];
  else process.env["NARROWBOAT_TOKEN"] = before;
});

test.run();
