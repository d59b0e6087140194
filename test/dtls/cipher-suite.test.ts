import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CIPHER_SUITES, cipherSuiteNamed, DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { CRYPTO } from "../support/crypto.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const cipherSuite = suite("cipher-suite");

/** Number, key exchange and bytes added to a record of 40 bytes: IANA's registry, and the RFC of each. */
const REGISTRY: readonly [string, number, string, number][] = [
  ["TLS_PSK_WITH_AES_128_GCM_SHA256", 0x00a8, "psk", 24],
  ["TLS_PSK_WITH_AES_128_CBC_SHA256", 0x00ae, "psk", 56],
  ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", 0xc037, "ecdhe_psk", 56],
  ["TLS_PSK_WITH_AES_128_CCM", 0xc0a4, "psk", 24],
  ["TLS_PSK_WITH_AES_128_CCM_8", 0xc0a8, "psk", 16],
  ["TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", 0xd001, "ecdhe_psk", 24],
  ["TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", 0xd003, "ecdhe_psk", 16],
];

for (const [name, id, keyExchange, added] of REGISTRY) {
  cipherSuite(`${name} has its number, its key exchange and its overhead`, () => {
    const named = cipherSuiteNamed(name)!;
    assert.equal([named.id, named.keyExchange], [id, keyExchange]);
    assert.is(named.protection(CRYPTO, new SeededRandom(1), false).fragmentLength(40) - 40, added);
  });
}

cipherSuite("these are all, each once", () => {
  assert.is(CIPHER_SUITES.length, REGISTRY.length);
  assert.is(new Set(CIPHER_SUITES.map(({ id }) => id)).size, REGISTRY.length);
});

cipherSuite("RFC 7925 4.2: CCM_8 is among the defaults", () => {
  assert.ok(DEFAULT_CIPHER_SUITES.some(({ id }) => id === 0xc0a8));
});

cipherSuite("no CBC suite is among the defaults", () => {
  assert.not(DEFAULT_CIPHER_SUITES.some(({ name }) => name.includes("CBC")));
  assert.is(DEFAULT_CIPHER_SUITES.length, 5);
});

cipherSuite("forward secrecy comes first", () => {
  assert.is(DEFAULT_CIPHER_SUITES[0]!.keyExchange, "ecdhe_psk");
});

cipherSuite("a name that is not in the registry has no suite", () => {
  assert.is(cipherSuiteNamed("TLS_PSK_WITH_NULL_SHA256"), undefined);
});

cipherSuite.run();
