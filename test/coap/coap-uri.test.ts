import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CoapUri, parseCoapUri } from "../../src/coap/coap-uri.ts";

const test = suite("coap-uri");

function read(text: string): CoapUri {
  const uri = parseCoapUri(text);
  assert.ok(uri.ok, text);
  return (uri as { value: CoapUri }).value;
}

function fault(text: string): string {
  const uri = parseCoapUri(text);
  return uri.ok ? "" : uri.error;
}

test("RFC 7252 6.1 and 6.2: the default ports are 5683 and 5684", () => {
  assert.is(read("coap://host/a").port, 5683);
  assert.is(read("coaps://host/a").port, 5684);
  assert.is(read("coaps://host:7000/a").port, 7000);
});

test("RFC 7252 6.4: each path segment and each query is decoded into one option", () => {
  const { path, queries } = read("coap://host/fw/a%2Fb/%C3%A9?offset=16&length=%31");
  assert.equal(path, ["fw", "a/b", "é"]);
  assert.equal(queries, ["offset=16", "length=1"]);
});

test("RFC 7252 6.4: no path and the path / give no Uri-Path", () => {
  assert.equal(read("coap://host").path, []);
  assert.equal(read("coap://host/").path, []);
});

test("RFC 7252 6.4: a name is decoded, in lower case, and no longer than Uri-Host", () => {
  assert.is(read("coap://FW.Example/a").host, "fw.example");
  assert.is(read("coap://b%C3%BCcher.example/a").host, "bücher.example");
  assert.is(read("coap://bücher.example/a").host, "bücher.example");
  assert.match(fault("coap://b%FCcher.example/a"), /^"b%FCcher.example" is not percent-encoded UTF-8: /);
  assert.match(fault(`coap://${"x".repeat(256)}/a`), /^a part of the URI is longer than 255 bytes: /);
});

test("RFC 3986 3.2.2: an IPv6 address stands in brackets, which are none of it", () => {
  assert.is(read("coaps://[2001:db8::1]:7000/a").host, "2001:db8::1");
});

test("RFC 6874 2: an IPv6 address may have a zone, with its % encoded or as people write it", () => {
  assert.is(read("coaps://[fe80::1%25eth0]:7000/a").host, "fe80::1%eth0");
  assert.is(read("coaps://[fe80::1%eth0]/a").host, "fe80::1%eth0");
  assert.match(fault("coaps://[fe80::1%]/a"), /is not a CoAP URI/);
});

test("port 0 is refused: nothing can listen there", () => {
  assert.match(fault("coap://host:0/a"), /^nothing can listen on port 0: /);
});

test("what is no CoAP URI is refused with the form to write", () => {
  for (const text of ["host/fw", "http://host/a", "coap:/a", "coap://", "fw", "coap://host:99999/a"]) {
    assert.match(fault(text), /is not a CoAP URI: write coaps:\/\/HOST\/PATH/);
  }
});

test("RFC 7252 6.1: fragments and user information have no place", () => {
  for (const text of ["coap://host/a#b", "coap://me@host/a"]) {
    assert.match(fault(text), /has parts that CoAP knows nothing of/);
  }
});

test("broken percent-encoding and parts above 255 bytes are refused", () => {
  assert.match(fault("coap://host/%ff"), /is not percent-encoded UTF-8/);
  assert.match(fault(`coap://host/${"a".repeat(256)}`), /longer than 255 bytes/);
  assert.is(read(`coap://host/${"a".repeat(255)}`).path[0]?.length, 255);
});

test.run();
