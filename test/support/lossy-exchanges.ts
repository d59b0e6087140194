// A CoapClient that asks one thing after the other over a link which delays everything alike and loses each datagram by
// itself: what the closed forms of RFC 7252 4.2's timer describe. The server answers at once.

import { Prng } from "../../sim/prng.ts";
import { EMPTY } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { CoapClient } from "../../src/coap/coap-client.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage } from "../../src/coap/message.ts";

export interface LossyExchanges {
  /** The chance that a datagram is lost, in each direction. */
  readonly loss: number;
  readonly roundTripMs: number;
  readonly exchangeCount: number;
  readonly seed: number;
}

export interface LossyExchangesResult {
  /** Beyond the round trip, in the mean over all exchanges; one that was given up begins anew and goes on waiting. */
  readonly meanWaitSeconds: number;
  readonly givenUpCount: number;
  readonly retransmissionCount: number;
}

export function lossyExchanges({ loss, roundTripMs, exchangeCount, seed }: LossyExchanges): LossyExchangesResult {
  const random = new Prng(seed);
  const lossRandom = random.fork("loss");
  const answers: { readonly at: Instant; readonly datagram: Uint8Array }[] = [];
  let now = instant(0);
  let doneCount = 0;
  let givenUpCount = 0;
  const client = new CoapClient({
    random: random.fork("client"),
    outlet: {
      transmit: (at, datagram) => {
        const lost = [lossRandom.fraction() < loss, lossRandom.fraction() < loss].includes(true);
        if (!lost) answers.push({ at: addMs(at, roundTripMs), datagram: answerTo(datagram) });
      },
      acknowledged: () => {},
      response: () => {
        doneCount++;
        if (doneCount < exchangeCount) ask();
      },
      requestFailed: () => {
        givenUpCount++;
        ask();
      },
    },
  });
  const ask = () => client.request(now, { code: Code.GET, path: ["m"] });
  ask();
  while (doneCount < exchangeCount) {
    const [answer] = answers;
    const timeout = client.pollTimeout();
    if (answer !== undefined && (timeout === undefined || answer.at <= timeout)) {
      answers.shift();
      now = answer.at;
      client.handleDatagram(now, answer.datagram);
    } else {
      now = timeout!;
      client.handleTimeout(now);
    }
  }
  const meanSeconds = now / 1000 / exchangeCount;
  return {
    meanWaitSeconds: meanSeconds - roundTripMs / 1000,
    givenUpCount,
    retransmissionCount: client.retransmitCount,
  };
}

function answerTo(request: Uint8Array): Uint8Array {
  const decoded = decodeMessage(request);
  if (!decoded.ok) throw new Error("the client sent no CoAP");
  const { messageId, token } = decoded.value;
  return encodeMessage({ type: "ACK", code: Code.CONTENT, messageId, token, options: [], payload: EMPTY });
}
