import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { bodyKeyOf, type Request, readRequest } from "../../src/coap/request.ts";
import { messageFromLine } from "../support/coap-line.ts";

const request = suite("request");

function readLine(line: string): ReturnType<typeof readRequest<string>> {
  // Through the wire, so that options of equal number are in the order of the line.
  const decoded = decodeMessage(encodeMessage(messageFromLine(line, 0)));
  if (!decoded.ok) throw new Error(decoded.error.kind);
  return readRequest("peer", decoded.value, 1_200);
}

function requestOf(line: string): Request<string> {
  const read = readLine(line);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

function refusedAs(line: string, name: string): void {
  const read = readLine(line);
  assert.is(read.ok ? "ok" : read.error, name);
}

request("RFC 7252 5.10.1: path segments and queries keep their order, empty ones too", () => {
  const { path, queries } = requestOf("CON 1 GET /fw//1.0/ ?offset=16 ?length=32");
  assert.equal(
    [path, queries],
    [
      ["fw", "", "1.0", ""],
      ["offset=16", "length=32"],
    ],
  );
});

request("RFC 7252 5.10.1: Uri-Host and Uri-Port are known, and route nothing", () => {
  assert.equal(requestOf("CON 1 GET Uri-Host=example.org Uri-Port=5684 /fw").path, ["fw"]);
});

request("RFC 7252 5.10.2: Proxy-Uri and Proxy-Scheme are refused as proxying", () => {
  refusedAs("CON 1 GET Proxy-Uri=coap://a/b", "proxyingNotSupported");
  refusedAs("CON 1 GET /fw Proxy-Scheme=http", "proxyingNotSupported");
});

request("RFC 7252 5.4.1: elective options that are unknown or of no use here are passed over", () => {
  for (const part of ["#2048=6170", "Echo=0102", "No-Response=26", "Observe=0", "#65000=", "Max-Age=5"]) {
    assert.equal(requestOf(`CON 1 GET /fw ${part}`).path, ["fw"]);
  }
});

request("RFC 7252 5.4.1: any unknown critical option is refused", () => {
  for (const number of [9, 13, 2049, 65_535]) refusedAs(`CON 1 GET /fw #${number}=00`, "badOption");
});

request("RFC 9177 4.1: Q-Block1 and Q-Block2 are refused, beside Block2 and alone", () => {
  refusedAs("CON 1 GET /fw #31=06", "badOption");
  refusedAs("CON 1 GET /fw #19=06", "badOption");
  refusedAs("CON 1 GET /fw 2:0/0/64 #31=06", "badOption");
});

request("RFC 7252 5.4.5: a critical option that occurs twice but may not is refused", () => {
  refusedAs("CON 1 GET /fw 2:0/0/64 2:1/0/64", "badOption");
  refusedAs("CON 1 GET /fw Accept=42 Accept=42", "badOption");
});

request("RFC 7252 5.4.5: of an elective option that may occur once the first occurrence counts", () => {
  assert.is(requestOf("CON 1 PUT /fw Content-Format=42 Content-Format=60").contentFormat, 42);
});

request("RFC 7959 2.2: Block2 and Block1 of four bytes are refused as unrecognised", () => {
  refusedAs("CON 1 GET /fw #23=00000006", "badOption");
  refusedAs("CON 1 PUT /fw #27=00000006", "badOption");
});

request("RFC 7252 5.4.3: a bad length of a critical option is refused, of an elective one passed over", () => {
  refusedAs("CON 1 GET /fw #17=000001", "badOption");
  refusedAs("CON 1 GET /fw #5=00", "badOption");
  assert.equal(requestOf("CON 1 GET /fw #4=010203040506070809").etags, []);
  assert.not(requestOf("CON 1 GET /fw #28=0000000001").size2Asked);
});

request("RFC 7252 3.2: a path that is no UTF-8 is refused", () => {
  refusedAs("CON 1 GET #11=ff", "badOption");
});

request("RFC 7959 2.2: SZX 7 is refused in Block1 and Block2", () => {
  refusedAs("CON 1 GET /fw #23=07", "reservedBlockSize");
  refusedAs("CON 1 PUT /fw #27=07", "reservedBlockSize");
});

request("RFC 7959 2.2: a Block2 of zero length asks for NUM 0 in 16 bytes", () => {
  assert.equal(requestOf("CON 1 GET /fw #23=").block2, { num: 0, more: false, szx: 0 });
});

request("RFC 7252 5.10.6.2, 5.10.8: ETags, If-Match and If-None-Match are read", () => {
  const { etags, ifMatches, ifNoneMatch } = requestOf("CON 1 GET If-Match=01 ETag=02 ETag=03 If-None-Match /fw");
  assert.equal([etags.map((e) => e[0]), ifMatches.map((e) => e[0]), ifNoneMatch], [[2, 3], [1], true]);
});

request("RFC 7959 4: Size2 asks whatever its value", () => {
  assert.ok(requestOf("CON 1 GET /fw Size2=0").size2Asked);
  assert.not(requestOf("CON 1 GET /fw").size2Asked);
});

function keyOf(line: string): string {
  return bodyKeyOf(requestOf(line).message, [23, 27]);
}

request("RFC 9175 4: the key of a body does not depend on the token, the Message ID, the block or the sizes", () => {
  const key = keyOf("CON 1 PUT T=01 /fw 1:0/1/16 Size1=99 [16 bytes]");
  assert.is(keyOf("CON 2 PUT T=02 /fw 1:1/0/32 [5 bytes]"), key);
});

request("RFC 9175 3.3: an absent Request-Tag, an empty one and two of them are three bodies", () => {
  const keys = ["", "Request-Tag=", "Request-Tag= Request-Tag=", "Request-Tag=01"].map((tags) =>
    keyOf(`CON 1 PUT /fw ${tags}`.trim()),
  );
  assert.is(new Set(keys).size, 4);
});

request("RFC 7959 2.5: path, query, method and If-Match tell bodies apart", () => {
  const keys = [
    "PUT /fw",
    "POST /fw",
    "PUT /fw/",
    "PUT /f/w",
    "PUT #11=660b77",
    "PUT /fw ?a",
    "PUT If-Match=01 /fw",
  ].map((rest) => keyOf(`CON 1 ${rest}`));
  assert.is(new Set(keys).size, 7);
});

request.run();
