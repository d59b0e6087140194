import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeAccessRecord } from "../../src/access-store/access-record.ts";
import { AccessStore, LINK_AGE_MS, TOKENS_MAX, USERS_MAX } from "../../src/access-store/access-store.ts";
import { SESSION_AGE_MS, SESSION_IDLE_MS, SESSIONS_OF_USER_MAX } from "../../src/access-store/session-table.ts";
import { decodeEntry, recordsDigest } from "../../src/registry/log-entry.ts";
import { openDecisionFile } from "../../src/registry-store/decision-file.ts";
import { RegistryRows } from "../../src/registry-store/registry-rows.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";

const test = suite("access-store");
const scratch = scratchDirectories(test);

const NOW = 1_700_000_000_000;
const STORED = "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

function opened(work: (store: AccessStore, directory: string) => void): void {
  const directory = scratch();
  const store = AccessStore.open(directory);
  try {
    work(store, directory);
  } finally {
    store.close();
  }
}

/** A thousand entries in the registry would take a second. */
function fill(directory: string, table: string, count: number, row: string): void {
  const file = openDecisionFile(directory);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  file.makeTables(`INSERT INTO ${table} ${numbers} SELECT ${row.slice(1, -1)} FROM n`);
  file.close();
}

test("the first link makes an admin, once, within an hour, and there is none where somebody is in", () =>
  opened((store) => {
    const link = store.firstLink(NOW)!;
    assert.is(store.setPassword(link, "anna", STORED, NOW + LINK_AGE_MS), undefined, "an hour later");
    assert.is(store.setPassword(link, "anna", STORED, NOW + LINK_AGE_MS - 1), "anna");
    assert.equal(store.users(), [{ name: "anna", role: "admin", hasPassword: true, addedAt: NOW + LINK_AGE_MS - 1 }]);
    assert.is(store.setPassword(link, "eve", STORED, NOW), undefined, "a second time");
    assert.is(store.firstLink(NOW), undefined);
  }));

test("a first link is void as soon as a command has made a user", () =>
  opened((store) => {
    const link = store.firstLink(NOW)!;
    store.addUser("anna", { role: "admin" }, "local:root", NOW);
    assert.is(store.setPassword(link, "eve", STORED, NOW), undefined);
    assert.equal(
      store.users().map(({ name }) => name),
      ["anna"],
    );
  }));

test("a user sets a password by a link, a fresh link makes the older one void, and sessions end with the old password", () =>
  opened((store) => {
    const first = store.addUser("bert", { role: "operator", products: ["pump"] }, "anna", NOW);
    assert.is(store.storedPassword("bert"), undefined);
    const second = store.linkFor("bert", NOW);
    assert.is(store.setPassword(first, undefined, STORED, NOW), undefined);
    assert.is(store.setPassword(second, "mallory", STORED, NOW), "bert");
    assert.is(store.storedPassword("bert"), STORED);
    assert.is(store.setPassword(second, undefined, STORED, NOW), undefined, "a link is good once");
    const session = store.sessions.begin("bert", NOW);
    store.setPassword(store.linkFor("bert", NOW), undefined, STORED, NOW);
    assert.is(store.sessions.userOf(session, NOW), undefined);
  }));

test("a session ends after 12 idle hours, after 7 days, and with its user's role", () =>
  opened((store) => {
    store.addUser("anna", { role: "admin" }, "local:root", NOW);
    store.addUser("bert", { role: "operator" }, "local:root", NOW);
    const session = store.sessions.begin("bert", NOW);
    assert.is(store.sessions.userOf(session, NOW + SESSION_IDLE_MS - 1), "bert");
    let at = NOW + SESSION_IDLE_MS - 1;
    for (; at + SESSION_IDLE_MS < NOW + SESSION_AGE_MS; at += SESSION_IDLE_MS - 1) store.sessions.userOf(session, at);
    assert.is(store.sessions.userOf(session, at), "bert");
    assert.is(store.sessions.userOf(session, NOW + SESSION_AGE_MS), undefined);
    const idle = store.sessions.begin("bert", NOW);
    assert.is(store.sessions.userOf(idle, NOW + SESSION_IDLE_MS), undefined);
    const other = store.sessions.begin("bert", NOW);
    store.changeUser("bert", { role: "viewer" }, "anna", NOW);
    assert.is(store.sessions.userOf(other, NOW), undefined);
  }));

test("of 17 sessions of a user the one that was idle for longest gives way", () =>
  opened((store) => {
    const sessions = Array.from({ length: SESSIONS_OF_USER_MAX + 1 }, (_, i) => store.sessions.begin("anna", NOW + i));
    const alive = sessions.map((session) => store.sessions.userOf(session, NOW + 100) !== undefined);
    assert.equal(alive, [false, ...Array(SESSIONS_OF_USER_MAX).fill(true)]);
  }));

test("a token ends when it is said to, and when it is removed; one that is cut short is none", () =>
  opened((store) => {
    const token = { name: "ci", role: "operator", owner: "anna", endsAt: NOW + 1_000 } as const;
    const text = store.addToken(token, "anna", NOW);
    assert.equal(store.tokenOf(text, NOW + 999), { ...token, addedAt: NOW });
    assert.is(store.tokenOf(text, NOW + 1_000), undefined);
    assert.is(store.tokenOf(text.slice(0, -1), NOW), undefined);
    throwsStoreError(() => store.addToken(token, "anna", NOW), "accountKnown", "ci");
    store.removeToken("ci", "anna", NOW);
    assert.is(store.tokenOf(text, NOW), undefined);
  }));

test("with another role go the tokens that may do more than that", () =>
  opened((store) => {
    store.addUser("anna", { role: "admin" }, "local:root", NOW);
    store.addUser("bert", { role: "operator" }, "anna", NOW);
    const [more, less] = (["operator", "viewer"] as const).map((role) =>
      store.addToken({ name: role, role, owner: "bert" }, "bert", NOW),
    );
    store.changeUser("bert", { role: "auditor" }, "anna", NOW);
    assert.equal([store.tokenOf(more!, NOW), store.tokenOf(less!, NOW)?.role], [undefined, "viewer"]);
  }));

test("a user who goes takes tokens and sessions along; the only admin cannot go", () =>
  opened((store) => {
    store.addUser("anna", { role: "admin" }, "local:root", NOW);
    store.addUser("bert", { role: "operator" }, "anna", NOW);
    const token = store.addToken({ name: "ci", role: "viewer", owner: "bert" }, "bert", NOW);
    const session = store.sessions.begin("bert", NOW);
    store.removeUser("bert", "anna", NOW);
    assert.equal([store.tokenOf(token, NOW), store.sessions.userOf(session, NOW)], [undefined, undefined]);
    throwsStoreError(() => store.removeUser("anna", "anna", NOW), "accountKnown", "only admin");
    throwsStoreError(() => store.changeUser("anna", { role: "viewer" }, "anna", NOW), "accountKnown", "only admin");
  }));

test("each change of who may do what is an entry of the registry, over who did it, before and after", () => {
  const directory = scratch();
  const store = AccessStore.open(directory);
  const [operator, viewer] = [{ role: "operator", products: ["pump"] }, { role: "viewer" }] as const;
  store.addUser("bert", operator, "local:root", NOW);
  store.changeUser("bert", viewer, "anna", NOW);
  store.addToken({ name: "ci", ...viewer, owner: "bert" }, "bert", NOW);
  store.removeToken("ci", "anna", NOW);
  store.close();
  const file = openDecisionFile(directory);
  const digests = new RegistryRows(file)
    .entries(0, 9)
    .map(({ bytes }) => decodeEntry(bytes))
    .map((entry) => entry.ok && Buffer.from(entry.value.digest).toString("hex"));
  file.close();
  const expected = [
    { change: "userAdded", person: "local:root", subject: "bert", before: undefined, after: operator },
    { change: "userChanged", person: "anna", subject: "bert", before: operator, after: viewer },
    { change: "tokenAdded", person: "bert", subject: "ci", before: undefined, after: viewer },
    { change: "tokenRemoved", person: "anna", subject: "ci", before: viewer, after: undefined },
  ] as const;
  const records = expected.map((record) => recordsDigest(CRYPTO, [encodeAccessRecord(record)]));
  assert.equal(
    digests,
    records.map((digest) => Buffer.from(digest).toString("hex")),
  );
});

test("neither link, session nor token stands in any file of the data directory", () => {
  const directory = scratch();
  const store = AccessStore.open(directory);
  const secrets = [
    store.addUser("anna", { role: "admin" }, "local:root", NOW),
    store.sessions.begin("anna", NOW),
    store.addToken({ name: "ci", role: "viewer", owner: "anna" }, "anna", NOW),
  ];
  for (const name of ["releases.db", "releases.db-wal"]) {
    const bytes = readFileSync(join(directory, name));
    for (const secret of secrets) {
      assert.not(bytes.includes(secret), name);
      assert.not(bytes.includes(Buffer.from(secret.slice(secret.indexOf("_") + 1), "base64url")), name);
    }
  }
  store.close();
});

test("a name with a space, 17 products, 1001 users and 1001 tokens are refused", () =>
  opened((store, directory) => {
    const viewer = { role: "viewer" } as const;
    throwsStoreError(() => store.addUser("a b", viewer, "x", NOW), "accountName", "a b");
    const products = Array.from({ length: 17 }, (_, i) => `p${i}`);
    throwsStoreError(() => store.addUser("anna", { role: "viewer", products }, "x", NOW), "accountName", "17 products");
    fill(directory, "user_account", USERS_MAX, "('u' || i, 'viewer', '', '', 0)");
    throwsStoreError(() => store.addUser("anna", viewer, "x", NOW), "tooManyAccounts", "1000 users");
    fill(directory, "api_token", TOKENS_MAX, "('t' || i, randomblob(32), 'viewer', '', 'x', 0, 0)");
    throwsStoreError(
      () => store.addToken({ name: "ci", ...viewer, owner: "x" }, "x", NOW),
      "tooManyAccounts",
      "1000 tokens",
    );
  }));

test.run();
