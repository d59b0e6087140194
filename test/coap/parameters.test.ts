import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  DEFAULT_TRANSMISSION_PARAMETERS,
  EXCHANGE_LIFETIME_MS,
  maxTransmitSpanMs,
  maxTransmitWaitMs,
  NON_LIFETIME_MS,
} from "../../src/coap/parameters.ts";

const parameters = suite("parameters");

parameters("RFC 7252 4.8.2: the derived times are 45 s, 93 s, 145 s and 247 s by default", () => {
  const times = [
    maxTransmitSpanMs(DEFAULT_TRANSMISSION_PARAMETERS),
    maxTransmitWaitMs(DEFAULT_TRANSMISSION_PARAMETERS),
    NON_LIFETIME_MS,
    EXCHANGE_LIFETIME_MS,
  ];
  assert.equal(times, [45_000, 93_000, 145_000, 247_000]);
});

parameters.run();
