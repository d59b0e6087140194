import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { CIPHER_SUITES, cipherSuiteNamed, DEFAULT_CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import type { Extensions } from "../../../src/dtls/handshake/extension.ts";
import type { ClientHello } from "../../../src/dtls/handshake/hello.ts";
import { type Negotiation, negotiate } from "../../../src/dtls/handshake/negotiation.ts";

const negotiation = suite("negotiation");

const CCM_8 = 0xc0a8;
const GCM = 0x00a8;
const CBC = 0x00ae;
const ECDHE_CCM_8 = 0xd003;

const HELLO: ClientHello = {
  version: 0xfefd,
  random: new Uint8Array(32),
  sessionId: EMPTY,
  cookie: EMPTY,
  cipherSuites: [CCM_8],
  compressionMethods: Uint8Array.of(0),
  extensions: {},
};

function agreed(changes: Partial<ClientHello>, suites = DEFAULT_CIPHER_SUITES): Negotiation {
  const result = negotiate({ ...HELLO, ...changes }, suites);
  assert.ok(result.ok);
  return result.value;
}

function refused(changes: Partial<ClientHello>, suites = DEFAULT_CIPHER_SUITES): string {
  const result = negotiate({ ...HELLO, ...changes }, suites);
  return result.ok ? "" : result.error.kind;
}

const withExtensions = (extensions: Extensions, cipherSuites = [CCM_8]) => ({ extensions, cipherSuites });

negotiation("RFC 5246 7.4.1.3: the operator's order of preference counts, not the client's", () => {
  const [ccm8, gcm] = [CCM_8, GCM].map((id) => CIPHER_SUITES.find((one) => one.id === id)!);
  const cipherSuites = [CCM_8, GCM];
  assert.is(agreed({ cipherSuites }, [gcm!, ccm8!]).suite, gcm);
  assert.is(agreed({ cipherSuites }, [ccm8!, gcm!]).suite, ccm8);
});

negotiation("suites that nobody knows are passed over", () => {
  assert.is(agreed({ cipherSuites: [0x1301, 0x00ff, CCM_8, 0x5600] }).suite.id, CCM_8);
});

negotiation("CBC is taken only when the operator names it", () => {
  assert.is(refused({ cipherSuites: [CBC] }), "noCommonCipherSuite");
  assert.is(agreed({ cipherSuites: [CBC] }, [cipherSuiteNamed("TLS_PSK_WITH_AES_128_CBC_SHA256")!]).suite.id, CBC);
});

negotiation("RFC 8422 5.1.1: the client's order of groups decides", () => {
  assert.is(agreed(withExtensions({ supportedGroups: [23, 29] }, [ECDHE_CCM_8])).group, 23);
  assert.is(agreed(withExtensions({ supportedGroups: [25, 29, 23] }, [ECDHE_CCM_8])).group, 29);
  assert.is(agreed(withExtensions({ supportedGroups: [24, 23] }, [ECDHE_CCM_8])).group, 23);
});

negotiation("RFC 8422 4: without supported_groups secp256r1 is the guess", () => {
  assert.is(agreed({ cipherSuites: [ECDHE_CCM_8] }).group, 23);
});

negotiation("RFC 8422 4: without a common group plain PSK is taken where it was offered", () => {
  const choice = agreed(withExtensions({ supportedGroups: [24] }, [ECDHE_CCM_8, CCM_8]));
  assert.equal([choice.suite.id, choice.group], [CCM_8, undefined]);
});

negotiation("RFC 8422 4: without a common group, and nothing else offered, there is none", () => {
  assert.is(refused(withExtensions({ supportedGroups: [24] }, [ECDHE_CCM_8])), "noCommonGroup");
  assert.is(refused(withExtensions({ supportedGroups: [] }, [ECDHE_CCM_8])), "noCommonGroup");
});

for (const [version, kind] of [
  [0xfeff, "protocolVersion"],
  [0x0303, "protocolVersion"],
  [0xffff, "protocolVersion"],
  [0xfefd, ""],
  [0xfefc, ""],
] as const) {
  negotiation(
    `RFC 6347 4.2.1: client_version ${version.toString(16)} ${kind === "" ? "is taken" : "is refused"}`,
    () => {
      assert.is(refused({ version }), kind);
    },
  );
}

negotiation("RFC 5246 7.4.1.2: a hello that does not offer the null compression method is refused", () => {
  assert.is(refused({ compressionMethods: Uint8Array.of(1) }), "compressionMissing");
  assert.is(refused({ compressionMethods: Uint8Array.of(1, 0) }), "");
});

negotiation("RFC 7627 5.1: extended_master_secret holds when it is offered", () => {
  assert.ok(agreed(withExtensions({ extendedMasterSecret: true })).extendedMasterSecret);
  assert.not(agreed({}).extendedMasterSecret);
});

negotiation("RFC 7366 3: encrypt_then_mac holds with CBC, and never with an AEAD", () => {
  const extensions: Extensions = { encryptThenMac: true };
  assert.ok(agreed({ extensions, cipherSuites: [CBC] }, CIPHER_SUITES).encryptThenMac);
  assert.not(agreed({ cipherSuites: [CBC] }, CIPHER_SUITES).encryptThenMac);
  assert.not(agreed({ extensions }).encryptThenMac);
});

negotiation("RFC 5746 3.6: the extension and the signalling suite each ask for secure renegotiation", () => {
  assert.ok(agreed(withExtensions({ renegotiationInfo: EMPTY })).secureRenegotiation);
  assert.ok(agreed({ cipherSuites: [0x00ff, CCM_8] }).secureRenegotiation);
  assert.not(agreed({}).secureRenegotiation);
});

negotiation("RFC 5746 3.6: renegotiation_info that is not empty is refused in a first handshake", () => {
  assert.is(refused(withExtensions({ renegotiationInfo: Uint8Array.of(0) })), "renegotiationInfoInvalid");
});

for (const [code, length] of [
  [1, 512],
  [2, 1024],
  [3, 2048],
  [4, 4096],
] as const) {
  negotiation(`RFC 6066 4: max_fragment_length code ${code} means ${length} bytes, and is repeated`, () => {
    const choice = agreed(withExtensions({ maxFragmentLength: code }));
    assert.equal([choice.plaintextLengthMax, choice.maxFragmentLength], [length, code]);
  });
}

for (const code of [0, 5, 255]) {
  negotiation(`RFC 6066 4: max_fragment_length code ${code} is refused`, () => {
    assert.is(refused(withExtensions({ maxFragmentLength: code })), "recordSizeLimitInvalid");
  });
}

for (const [stated, holds] of [
  [64, 64],
  [1_000, 1_000],
  [2 ** 14, 2 ** 14],
  [2 ** 14 + 1, 2 ** 14],
  [65_535, 2 ** 14],
] as const) {
  negotiation(`RFC 8449 4: record_size_limit ${stated} bounds our plaintext to ${holds}`, () => {
    const choice = agreed(withExtensions({ recordSizeLimit: stated }));
    assert.equal([choice.plaintextLengthMax, choice.recordSizeLimit], [holds, true]);
  });
}

for (const stated of [0, 1, 63]) {
  negotiation(`RFC 8449 4: record_size_limit ${stated} is refused`, () => {
    assert.is(refused(withExtensions({ recordSizeLimit: stated })), "recordSizeLimitInvalid");
  });
}

negotiation("RFC 8449 5: where both are offered record_size_limit alone holds, and alone is answered", () => {
  const choice = agreed(withExtensions({ maxFragmentLength: 1, recordSizeLimit: 900 }));
  assert.equal([choice.plaintextLengthMax, choice.maxFragmentLength, choice.recordSizeLimit], [900, undefined, true]);
});

for (const length of [0, 1, 32]) {
  negotiation(`RFC 9146 3: a Connection ID of ${length} bytes is taken, as a copy`, () => {
    const asked = new Uint8Array(length).fill(7);
    const taken = agreed(withExtensions({ connectionId: asked })).clientConnectionId!;
    asked.fill(0);
    assert.equal(taken, new Uint8Array(length).fill(7));
  });
}

negotiation("RFC 9146 3: a Connection ID of 33 bytes is not taken, nor is one that was not offered", () => {
  assert.is(agreed(withExtensions({ connectionId: new Uint8Array(33) })).clientConnectionId, undefined);
  assert.is(agreed({}).clientConnectionId, undefined);
});

negotiation.run();
