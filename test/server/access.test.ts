import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatCode } from "../../src/coap/code.ts";
import { encodeCheckIn } from "../../src/manifest/check-in.ts";
import { messageFromLine } from "../support/coap-line.ts";
import type { ScenePeer } from "../support/firmware-scene.ts";
import { signedTrustRoot } from "../support/releases.ts";
import { CHECK_IN, post, postReport, TrustScene } from "../support/trust-scene.ts";

const access = suite("access");

/** With images and releases of two products, and an identity that is bound to the first. */
class Bound {
  readonly scene = new TrustScene();
  readonly peer = this.scene.sessionPeer();
  #messageId = 0;

  constructor(classes: readonly string[] = []) {
    for (const product of ["pump", "valve"]) {
      this.scene.catalogue.publish(product, "1", Uint8Array.of(1, 2, 3));
      this.scene.releases.release(2, "1", { product });
      this.scene.releases.roots.set(product, signedTrustRoot(1, { product }));
    }
    this.scene.scopes.set("device-1", { products: ["pump"], classes });
  }

  gets(request: string, peer: ScenePeer = this.peer): string {
    const line = `CON ${(++this.#messageId).toString(16)} GET ${request}`;
    return formatCode(peer.asksMessage(messageFromLine(line, 0)).code);
  }

  checksIn(product: string, className?: string): string {
    return formatCode(
      this.peer.asksMessage(post("/t", encodeCheckIn({ ...CHECK_IN, product, class: className }))).code,
    );
  }
}

access("an identity that is bound to a product gets what belongs to it, and 4.03 for everything else", () => {
  const bound = new Bound();
  for (const path of ["/fw/pump/1", "/m/pump", "/m/pump/suit", "/m/pump/root"])
    assert.is(bound.gets(path), "2.05", path);
  for (const path of ["/fw/valve/1", "/m/valve", "/m/valve/suit", "/m/valve/root", "/fw/none/1", "/m/none"]) {
    assert.is(bound.gets(path), "4.03", path);
  }
  assert.equal([bound.checksIn("pump"), bound.checksIn("valve")], ["2.04", "4.03"]);
  assert.is(formatCode(bound.peer.asksMessage(postReport(1, { product: "valve" })).code), "4.03");
});

access("one that is bound to a class gets its manifests alone", () => {
  const bound = new Bound(["outdoor"]);
  assert.equal([bound.gets("/m/pump ?c=outdoor"), bound.checksIn("pump", "outdoor")], ["2.05", "2.04"]);
  assert.equal([bound.gets("/m/pump ?c=indoor"), bound.checksIn("pump", "indoor")], ["4.03", "4.03"]);
  assert.equal([bound.gets("/m/pump"), bound.checksIn("pump")], ["4.03", "4.03"]);
  assert.equal([bound.gets("/fw/pump/1"), bound.gets("/m/pump/root")], ["2.05", "2.05"]);
});

access("identities that are not bound, and plain CoAP, get everything", () => {
  const bound = new Bound();
  assert.is(bound.gets("/fw/valve/1", bound.scene.plainPeer()), "2.05");
  bound.scene.scopes.clear();
  bound.scene.server.handleScopesChange();
  assert.is(bound.gets("/fw/valve/1"), "2.05");
});

access("what an identity is bound to is asked once for a session, and again when that has changed", () => {
  const bound = new Bound();
  assert.is(bound.gets("/fw/valve/1"), "4.03");
  bound.scene.scopes.set("device-1", { products: ["valve"], classes: [] });
  assert.is(bound.gets("/fw/valve/1"), "4.03");
  bound.scene.server.handleScopesChange();
  assert.equal([bound.gets("/fw/valve/1"), bound.gets("/fw/pump/1")], ["2.05", "4.03"]);
});

access("5.03 while it cannot be told, and nothing of it is remembered", () => {
  const bound = new Bound();
  const scope = bound.scene.scopes.get("device-1")!;
  bound.scene.scopes.set("device-1", "unavailable");
  assert.equal([bound.gets("/fw/pump/1"), bound.gets("/m/pump"), bound.checksIn("pump")], ["5.03", "5.03", "5.03"]);
  bound.scene.scopes.set("device-1", scope);
  assert.is(bound.gets("/fw/pump/1"), "2.05");
});

access.run();
