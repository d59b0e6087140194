import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { Code } from "../../src/coap/code.ts";
import { ECHO_LENGTH, type EchoPolicy, echoOf } from "../../src/coap/echo.ts";
import { ECHO_PERIOD_MS } from "../../src/coap/parameters.ts";
import { ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const echo = suite("echo");

/** All but GET has to show a value, until one was shown; the MAC is a sum that a test can follow. */
class Policy implements EchoPolicy<string> {
  readonly shownBy: string[] = [];

  mac(message: Uint8Array): Uint8Array {
    const mac = new Uint8Array(ECHO_LENGTH + 2).fill(7);
    message.forEach((byte, i) => {
      mac[i % ECHO_LENGTH]! += byte;
    });
    return mac;
  }

  nameOf(association: string): string {
    return association;
  }

  isWanted(_now: Instant, association: string, method: Code): boolean {
    return method !== Code.GET && !this.shownBy.includes(association);
  }

  shown(_now: Instant, association: string): void {
    this.shownBy.push(association);
  }
}

function scene() {
  const policy = new Policy();
  return { policy, peer: new ScriptedCoapPeer({ echo: policy, handle: () => ({ code: Code.CHANGED }) }) };
}

function challengeOf(peer: ScriptedCoapPeer): string {
  const message = peer.receivesMessage();
  assert.is(message.code, Code.UNAUTHORIZED);
  return toHex(echoOf(message)!);
}

echo("RFC 9175 2.3: a request that has to be fresh gets 4.01 with an Echo value, and no handler runs", () => {
  const { peer } = scene();
  peer.sends("CON 1234 POST T=ab /reboot");
  peer.receives("ACK 1234 4.01 T=ab Echo=076c077a0777076c");
  assert.equal([peer.handled.length, peer.counted], [0, ["echoWanted"]]);
});

echo("RFC 9175 2.3: the same request with the value is handled, and the next one needs none", () => {
  const { peer, policy } = scene();
  peer.sends("CON 1 POST /reboot");
  const value = challengeOf(peer);
  peer.sends(`CON 2 POST /reboot Echo=${value}`);
  peer.receives("ACK 0002 2.04");
  peer.sends("CON 3 POST /reboot");
  peer.receives("ACK 0003 2.04");
  assert.equal([peer.handled.length, policy.shownBy], [2, ["peer"]]);
});

echo("RFC 9175 2.3: a value for one association, a wrong one and a shorter one show nothing", () => {
  const { peer } = scene();
  peer.sends("CON 1 POST /reboot");
  const value = challengeOf(peer);
  peer.association = "another";
  for (const [i, shown] of [value, "0000000000000000", value.slice(2), `${value}00`].entries()) {
    peer.sends(`CON ${i + 2} POST /reboot Echo=${shown}`);
    assert.is.not(challengeOf(peer), value);
  }
  assert.is(peer.handled.length, 0);
});

echo("RFC 9175 2.3: a value is good for two minutes at least and for four at most", () => {
  for (const [age, isGood] of [
    [ECHO_PERIOD_MS, true],
    [2 * ECHO_PERIOD_MS, false],
  ] as const) {
    const { peer } = scene();
    peer.now = instant(10 * ECHO_PERIOD_MS);
    peer.sends("CON 1 POST /reboot");
    const value = challengeOf(peer);
    peer.waits(age);
    peer.sends(`CON 2 POST /reboot Echo=${value}`);
    assert.is(peer.receivesMessage().code === Code.CHANGED, isGood);
  }
});

echo("what changes nothing is answered without Echo", () => {
  const { peer } = scene();
  peer.sends("CON 1 GET /fw");
  peer.receives("ACK 0001 2.04");
});

echo("RFC 9175 2.4: a 4.01 has three times the bytes of its request at most, without Echo if need be", () => {
  const { peer } = scene();
  peer.sends("CON 1 POST");
  peer.receives("ACK 0001 4.01");
  peer.sends("CON 2 POST T=ab");
  assert.is(challengeOf(peer).length, 2 * ECHO_LENGTH);
});

echo("a NON gets its 4.01 as a NON", () => {
  const { peer } = scene();
  peer.sends("NON 1 POST /reboot");
  assert.is(peer.receivesMessage().type, "NON");
});

echo.run();
