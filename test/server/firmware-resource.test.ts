import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8, toHex } from "../../src/base/bytes.ts";
import { decodeUint, OptionNumber } from "../../src/coap/option.ts";
import { ImageBody } from "../../src/server/image-body.ts";
import { countingBytes, messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { FirmwareScene, type ScenePeer } from "../support/firmware-scene.ts";

const resource = suite("firmware-resource");

const LINKS = '</fw/hub/1.0>;rt="fw.image";ct=42;sz=150,</fw/tag/2.0>;rt="fw.image";ct=42;sz=20';

/** A peer on plain CoAP, before a server with two images of counting bytes. */
class Visitor {
  readonly scene = new FirmwareScene();
  readonly image = this.scene.catalogue.publish("hub", "1.0", countingBytes(150));
  readonly peer: ScenePeer = this.scene.plainPeer();
  #messageId = 0;

  constructor() {
    this.scene.catalogue.publish("tag", "2.0", countingBytes(20));
  }

  /** What answers "GET ...", without type and Message ID. */
  asks(request: string): string {
    return this.peer.asks(`CON ${this.#next()} ${request}`).replace(/^ACK \w+ /, "");
  }

  bytesOf(request: string): Uint8Array {
    return new Uint8Array(this.peer.asksMessage(messageFromLine(`CON ${this.#next()} ${request}`, 0)).payload);
  }

  etagOf(start: number, length: number): string {
    return toHex(new ImageBody(CRYPTO, this.image, start, length).etag);
  }

  links(queries = ""): string {
    return fromUtf8(this.bytesOf(`GET /.well-known/core${queries}`))!;
  }

  #next(): string {
    return (this.#messageId++).toString(16);
  }
}

resource("an image is served under /fw/<product>/<version>", () => {
  const visitor = new Visitor();
  const etag = visitor.etagOf(0, 150);
  assert.is(visitor.asks("GET /fw/hub/1.0"), `2.05 ETag=${etag} Content-Format=42 [150 bytes]`);
  const block = visitor.asks("GET /fw/hub/1.0 2:1/0/64");
  assert.is(block, `2.05 ETag=${etag} Content-Format=42 2:1/1/64 [64 bytes]`);
});

resource("offset and length cut a slice that is a body of its own", () => {
  const visitor = new Visitor();
  const etag = visitor.etagOf(100, 40);
  assert.is(
    visitor.asks("GET /fw/hub/1.0 ?offset=100 ?length=40 2:0/0/32"),
    `2.05 ETag=${etag} Content-Format=42 2:0/1/32 Size2=40 [32 bytes]`,
  );
  assert.equal(visitor.bytesOf("GET /fw/hub/1.0 ?offset=100 ?length=40 2:1/0/32"), countingBytes(8, 132));
});

resource("offset alone reaches to the end, length alone from the beginning", () => {
  const visitor = new Visitor();
  assert.equal(visitor.bytesOf("GET /fw/hub/1.0 ?offset=149"), countingBytes(1, 149));
  assert.equal(visitor.bytesOf("GET /fw/hub/1.0 ?length=1"), countingBytes(1));
});

resource("a slice is clipped at the image's end", () => {
  const visitor = new Visitor();
  assert.equal(visitor.bytesOf("GET /fw/hub/1.0 ?offset=140 ?length=11"), countingBytes(10, 140));
  assert.equal(visitor.bytesOf("GET /fw/hub/1.0 ?length=9999999999"), countingBytes(150));
});

resource("a slice that is no slice gets 4.00", () => {
  const visitor = new Visitor();
  for (const queries of [
    "?offset=150",
    "?offset=150 ?length=5",
    "?offset=9999999999",
    "?length=0",
    "?offset=-1",
    "?length=-1",
    "?offset=",
    "?offset=a",
    "?offset=1e1",
    "?offset=1.5",
    "?offset=+1",
    "?offset=00000000001",
    "?offset=1 ?offset=1",
    "?length=5 ?length=6",
  ]) {
    assert.is(visitor.asks(`GET /fw/hub/1.0 ${queries}`), '4.00 "offset or length"', queries);
  }
});

resource("an unknown query, and one without a value, is passed over", () => {
  const visitor = new Visitor();
  const whole = visitor.asks("GET /fw/hub/1.0");
  for (const query of ["?slot=1", "?offset", "?offsets=7", "?xoffset=7"]) {
    assert.is(visitor.asks(`GET /fw/hub/1.0 ${query}`), whole);
  }
});

resource("RFC 7959 2.4: a client that drops its Uri-Query after block 0 sees another ETag", () => {
  const visitor = new Visitor();
  assert.match(visitor.asks("GET /fw/hub/1.0 ?offset=64 2:0/0/32"), `ETag=${visitor.etagOf(64, 86)}`);
  assert.match(visitor.asks("GET /fw/hub/1.0 2:1/0/32"), `ETag=${visitor.etagOf(0, 150)}`);
  assert.is.not(visitor.etagOf(64, 86), visitor.etagOf(0, 150));
});

resource("RFC 7252 5.10.6.2: the ETag of a slice validates that slice and nothing else", () => {
  const visitor = new Visitor();
  const etag = visitor.etagOf(64, 86);
  assert.is(visitor.asks(`GET ETag=${etag} /fw/hub/1.0 ?offset=64`), `2.03 ETag=${etag}`);
  assert.match(visitor.asks(`GET ETag=${etag} /fw/hub/1.0`), /^2\.05/);
});

resource("the dialects of nRF Connect SDK and Golioth reach the same slice", () => {
  const visitor = new Visitor();
  const uriPath = (text: string) => `#11=${toHex(Buffer.from(text))}`;
  const slice = countingBytes(5, 10);
  assert.equal(visitor.bytesOf(`GET ${uriPath("fw")} ${uriPath("hub")} ${uriPath("1.0?offset=10&length=5")}`), slice);
  assert.equal(visitor.bytesOf(`GET ${uriPath("fw/hub/1.0")} ?offset=10 ?length=5`), slice);
});

resource("RFC 7252 5.9.2.5: what does not exist gets 4.04", () => {
  const visitor = new Visitor();
  for (const path of ["/fw", "/fw/hub", "/fw/hub/1.1", "/fw/bus/1.0", "/fw/hub/1.0/x", "/x/hub/1.0", "/.well-known"]) {
    assert.is(visitor.asks(`GET ${path}`), "4.04", path);
  }
});

resource("RFC 7252 5.9.2.6: another method than GET gets 4.05 from what exists, 4.04 from what does not", () => {
  const visitor = new Visitor();
  for (const method of ["POST", "PUT", "DELETE", "FETCH", "PATCH", "IPATCH"]) {
    assert.is(visitor.asks(`${method} /fw/hub/1.0`), "4.05", method);
    assert.is(visitor.asks(`${method} /fw/hub/1.1`), "4.04", method);
  }
  assert.is(visitor.asks("POST /.well-known/core"), "4.05");
});

resource("RFC 7959 2.9: a request body in blocks is refused at its first block", () => {
  assert.is(new Visitor().asks("POST /fw/hub/1.0 1:0/1/64 [64 bytes]"), "4.05");
});

resource("a damaged image gets 5.00, and the operator is told which and why", () => {
  const visitor = new Visitor();
  visitor.scene.catalogue.damage("hub", "1.0", "digest mismatch");
  assert.is(visitor.asks("GET /fw/hub/1.0"), '5.00 "image damaged"');
  assert.equal(visitor.scene.events, [{ kind: "imageDamaged", path: "/fw/hub/1.0", reason: "digest mismatch" }]);
});

resource("RFC 6690 4: /.well-known/core links every image with rt, ct and sz", () => {
  assert.match(new Visitor().asks("GET /.well-known/core"), /^2\.05 ETag=[0-9a-f]{16} Content-Format=40 "/);
  assert.is(new Visitor().links(), LINKS);
});

resource("RFC 6690 4.1: links are filtered by rt, ct, sz and href, with a trailing *", () => {
  const [hub, tag] = LINKS.split(",");
  const visitor = new Visitor();
  assert.is(visitor.links(" ?rt=fw.image"), LINKS);
  assert.is(visitor.links(" ?rt=fw.*"), LINKS);
  assert.is(visitor.links(" ?ct=42"), LINKS);
  assert.is(visitor.links(" ?sz=20"), tag);
  assert.is(visitor.links(" ?sz=1*"), hub);
  assert.is(visitor.links(" ?href=/fw/tag/2.0"), tag);
  assert.is(visitor.links(" ?href=/fw/hub*"), hub);
  assert.is(visitor.links(" ?rt=fw.* ?sz=20"), tag);
});

resource("RFC 6690 4.1: a filter that nothing matches gets an empty 2.05", () => {
  assert.match(new Visitor().asks("GET /.well-known/core ?rt=core.rd"), /^2\.05 ETag=[0-9a-f]{16} Content-Format=40$/);
});

resource("one query that holds an ampersand is another filter than two queries", () => {
  const visitor = new Visitor();
  const [, tag] = LINKS.split(",");
  assert.is(visitor.links(" ?rt=fw.* ?sz=20"), tag);
  assert.is(visitor.links(" ?rt=fw.*&sz=20"), "");
});

resource("RFC 7959 2.4: the links are cut into blocks under one ETag", () => {
  const visitor = new Visitor();
  const etags = new Set<string>();
  let links = "";
  for (let num = 0; links.length < LINKS.length; num++) {
    const message = visitor.peer.asksMessage(
      messageFromLine(`CON ${0x100 + num} GET /.well-known/core 2:${num}/0/32`, 0),
    );
    etags.add(toHex(message.options.find(({ number }) => number === OptionNumber.ETAG)!.value));
    links += fromUtf8(message.payload);
  }
  assert.is(links, LINKS);
  assert.is(etags.size, 1);
});

resource("RFC 7959 4: the links' Size2 is the length of what the filter left", () => {
  const message = new Visitor().peer.asksMessage(messageFromLine("CON 1 GET /.well-known/core ?sz=20 Size2=0", 0));
  const size2 = message.options.find(({ number }) => number === OptionNumber.SIZE2)!;
  assert.is(decodeUint(size2.value), LINKS.split(",")[1]!.length);
});

resource("a newly published image is linked, under a new ETag, after handleCatalogueChange", () => {
  const visitor = new Visitor();
  const before = visitor.asks("GET /.well-known/core 2:0/0/16");
  visitor.scene.catalogue.publish("ant", "3.0", countingBytes(5));
  assert.is(visitor.asks("GET /.well-known/core 2:0/0/16"), before);
  visitor.scene.server.handleCatalogueChange(visitor.scene.now);
  assert.is.not(visitor.asks("GET /.well-known/core 2:0/0/16"), before);
  assert.match(visitor.links(), "</fw/ant/3.0>");
});

resource.run();
