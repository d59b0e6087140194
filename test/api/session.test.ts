// A person in a browser: let in by a link, logged in by a password, and nobody else by their cookie.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LOGIN_INTERVAL_MS, LOGINS_AT_ONCE_MAX, LOGINS_OF_ADDRESS_MAX, LoginLimit } from "../../src/api/login-limit.ts";
import { RATED_NAMES_MAX, RateLimit } from "../../src/api/rate-limit.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { ApiScene } from "./api-scene.ts";
import { SELF_SIGNED } from "./certificate.ts";
import { PlainFleet } from "./plain-fleet.ts";

const test = suite("session");
const scratch = scratchDirectories(test);

const PASSWORD = "correct horse battery";

/** A browser that came to this server's page by itself. */
const OWN_PAGE = { "sec-fetch-site": "same-origin" };

class Browser {
  readonly scene: ApiScene;
  cookie = "";

  constructor(scene: ApiScene) {
    this.scene = scene;
  }

  async sends(
    method: "DELETE" | "GET" | "POST",
    url: string,
    body?: unknown,
    headers: Record<string, string> = OWN_PAGE,
  ) {
    const response = await this.scene.ask({
      method,
      url,
      headers: { ...headers, ...(this.cookie && { cookie: this.cookie }) },
      ...(body !== undefined && { body }),
    });
    const set = response.headers["set-cookie"];
    if (typeof set === "string") this.cookie = set.split(";")[0]!;
    return response;
  }

  logsIn(user: string, password: string) {
    return this.sends("POST", "/api/v1/session", { user, password });
  }
}

async function inScene(work: (scene: ApiScene, browser: Browser, directory: string) => Promise<void>): Promise<void> {
  const directory = scratch();
  const scene = new ApiScene(directory, new PlainFleet());
  try {
    await work(scene, new Browser(scene), directory);
    assert.equal(scene.failures, []);
  } finally {
    await scene.close();
  }
}

test("the first link makes an admin who is logged in at once; it does so once", () =>
  inScene(async (scene, browser) => {
    const link = scene.access.firstLink(scene.now)!;
    const setUp = (who: Browser, password: string) =>
      who.sends("POST", "/api/v1/setup", { link, user: "anna", password });
    assert.match((await setUp(browser, "too short")).json().detail, /9 characters: use 12 to 256/);
    assert.equal((await setUp(browser, PASSWORD)).json(), { person: "anna", role: "admin" });
    assert.equal((await browser.sends("GET", "/api/v1/session")).json(), { person: "anna", role: "admin" });
    const other = new Browser(scene);
    assert.is((await setUp(other, PASSWORD)).statusCode, 403);
    assert.is((await other.logsIn("anna", PASSWORD)).statusCode, 200);
    await other.sends("DELETE", "/api/v1/session");
    assert.is((await other.sends("GET", "/api/v1/session")).statusCode, 401);
    assert.is((await browser.sends("GET", "/api/v1/session")).statusCode, 200, "the first goes on");
  }));

test("a cookie that another site's page makes a browser send changes nothing", () =>
  inScene(async (scene, browser) => {
    await browser.sends("POST", "/api/v1/setup", {
      link: scene.access.firstLink(scene.now)!,
      user: "anna",
      password: PASSWORD,
    });
    const start = async (headers: Record<string, string>) =>
      (await browser.sends("POST", "/api/v1/rollouts/spring/start", undefined, headers)).statusCode;
    for (const site of ["cross-site", "same-site"]) assert.is(await start({ "sec-fetch-site": site }), 403, site);
    assert.is(await start({ origin: "https://evil.example" }), 403);
    assert.is(await start({ origin: "null" }), 403);
    assert.equal(scene.fleet.acted, []);
    assert.is(await start({ origin: "http://localhost" }), 200);
    assert.is(await start(OWN_PAGE), 200);
  }));

test("over TLS the cookie is one that no other host can set, and on the loopback interface none is Secure in vain", async () => {
  for (const tls of [undefined, SELF_SIGNED]) {
    const scene = new ApiScene(scratch(), new PlainFleet(), tls);
    const browser = new Browser(scene);
    const link = scene.access.firstLink(scene.now)!;
    const { headers } = await browser.sends("POST", "/api/v1/setup", { link, password: PASSWORD });
    const [name, ...attributes] = String(headers["set-cookie"]).split("; ");
    assert.match(name!, tls === undefined ? /^nb=nbs_/ : /^__Host-nb=nbs_/);
    const expected = ["Path=/", "HttpOnly", "SameSite=Lax", ...(tls === undefined ? [] : ["Secure"])];
    assert.equal(attributes, expected);
    assert.is((await browser.sends("GET", "/api/v1/session")).statusCode, 200);
    assert.is(
      (await scene.ask({ url: "/metrics" })).statusCode,
      tls === undefined ? 200 : 401,
      "for whoever is far away",
    );
    await scene.close();
  }
});

test("five wrong passwords for an account, and then one each half a minute, for the right one as well", () =>
  inScene(async (scene, browser) => {
    await browser.sends("POST", "/api/v1/setup", {
      link: scene.access.firstLink(scene.now)!,
      user: "anna",
      password: PASSWORD,
    });
    const attempt = async (password: string) => (await browser.logsIn("anna", password)).statusCode;
    const wrong = Array.from({ length: LOGINS_AT_ONCE_MAX + 1 }, () => "wrong");
    const statuses: number[] = [];
    for (const password of wrong) statuses.push(await attempt(password));
    assert.equal(statuses, [401, 401, 401, 401, 401, 429]);
    assert.is(await attempt(PASSWORD), 429);
    scene.now += LOGIN_INTERVAL_MS;
    assert.is(await attempt(PASSWORD), 200);
    assert.is(await attempt("wrong"), 401, "whoever was right begins anew");
  }));

test("an unknown name and a wrong password are refused alike", () =>
  inScene(async (scene, browser) => {
    await browser.sends("POST", "/api/v1/setup", {
      link: scene.access.firstLink(scene.now)!,
      user: "anna",
      password: PASSWORD,
    });
    const [wrong, unknown] = [await browser.logsIn("anna", "wrong"), await browser.logsIn("nobody", "wrong")];
    assert.equal([wrong.statusCode, wrong.body], [401, unknown.body]);
  }));

test("an address has twenty attempts over all accounts, and names are forgotten, oldest first, beyond 10,000", () => {
  const logins = new LoginLimit();
  const admitted = Array.from({ length: LOGINS_OF_ADDRESS_MAX + 1 }, (_, i) =>
    logins.admits(`user${i}`, "192.0.2.1", 0),
  );
  assert.equal(admitted, [...Array(LOGINS_OF_ADDRESS_MAX).fill(true), false]);
  const limit = new RateLimit(1, 1_000);
  for (let i = 0; i <= RATED_NAMES_MAX; i++) limit.take(`name${i}`, 0);
  assert.is(limit.nameCount, RATED_NAMES_MAX);
  assert.equal([limit.hasRoom("name0", 0), limit.hasRoom("name1", 0)], [true, false]);
});

test("neither password, cookie, link nor token is in any file of the data directory", () =>
  inScene(async (scene, browser, directory) => {
    const link = scene.access.firstLink(scene.now)!;
    await browser.sends("POST", "/api/v1/setup", { link, user: "anna", password: PASSWORD });
    const added = await browser.sends("POST", "/api/v1/tokens", { name: "ci", role: "operator" });
    const { token } = added.json();
    assert.is((await scene.ask({ url: "/api/v1/session", token })).json().token, "ci");
    const secrets = [PASSWORD, browser.cookie.split("=")[1]!, link, token];
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
    assert.ok(
      files.some((bytes) => bytes.includes("$scrypt$")),
      "the file with users is among them",
    );
    for (const secret of secrets) {
      const raw = Buffer.from(secret.slice(secret.indexOf("_") + 1), "base64url");
      for (const bytes of files)
        assert.not(bytes.includes(secret) || (raw.length === 32 && bytes.includes(raw)), secret);
    }
  }));

test("a token may be no more than whoever makes it, and acts as that person", () =>
  inScene(async (scene) => {
    const token = scene.tokenOf({ role: "admin" }, "anna");
    const made = await scene.ask({
      method: "POST",
      url: "/api/v1/tokens",
      token,
      body: { name: "ci", role: "approver" },
    });
    assert.is(scene.access.tokenOf(made.json().token, scene.now)?.owner, "anna");
    const bound = scene.tokenOf({ role: "admin", products: ["pump"] });
    const more = await scene.ask({
      method: "POST",
      url: "/api/v1/tokens",
      token: bound,
      body: { name: "x", role: "viewer" },
    });
    assert.is(more.statusCode, 403);
  }));

test.run();
