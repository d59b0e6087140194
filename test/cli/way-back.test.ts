// Classes, bound identities and the way back, as an operator says them.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ScopeStore } from "../../psk/scope-store.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { imageDigest, signedManifest } from "../support/releases.ts";
import { narrowboat } from "./narrowboat.ts";

const test = suite("way-back");
const scratch = scratchDirectories(test);

test("way-back says where devices go, and said again that nothing changed", async () => {
  const directory = scratch();
  const store = ReleaseStore.open(`${directory}/narrowboat-data`);
  store.add({ manifest: signedManifest(1, "1.2.0"), releasedAt: 1 });
  const wayBack = { manifest: signedManifest(3, "1.2.0", { forRunning: imageDigest("1.3.0") }) };
  store.add({ manifest: signedManifest(2, "1.3.0"), wayBack, releasedAt: 1 });
  store.close();
  const first = await narrowboat(directory, "way-back", "pump", "--from", "1.3.0");
  assert.is(first.stdout, "pump 1.3.0 is offered no longer; whoever runs it goes back to 1.2.0 at the next check-in\n");
  const second = await narrowboat(directory, "way-back", "pump", "--from", "1.3.0", "--json");
  assert.equal(JSON.parse(second.stdout), { product: "pump", from: "1.3.0", to: "1.2.0", changed: false });
});

test("class set refuses what no class can know", async () => {
  const refused = await narrowboat(
    scratch(),
    "class",
    "set",
    "outdoor",
    "--product",
    "pump",
    "--profile",
    "log,nothing",
  );
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /^narrowboat: "nothing" is nothing that a class can know: use update-management, /);
});

test("psk add --product binds an identity, psk list says to what, and psk remove unbinds it", async () => {
  const directory = scratch();
  const key = ["--key", "00112233445566778899aabbccddeeff"];
  await narrowboat(directory, "psk", "add", "meter-7", ...key, "--product", "pump", "--class", "outdoor");
  const { stdout } = await narrowboat(directory, "psk", "list");
  assert.match(stdout, /meter-7 {2}only pump, class outdoor\n$/);
  await narrowboat(directory, "psk", "remove", "meter-7");
  const scopes = ScopeStore.open(`${directory}/narrowboat-data`);
  assert.is(scopes.count(), 0);
  scopes.close();
});

test.run();
