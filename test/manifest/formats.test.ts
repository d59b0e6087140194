import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import type { Result } from "../../src/base/result.ts";
import type { CborFault, CborValue } from "../../src/cbor/cbor-value.ts";
import { decodeCbor } from "../../src/cbor/decode-cbor.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import {
  CHECK_IN_LENGTH_MAX,
  decodeCheckIn,
  decodeCheckInAnswer,
  encodeCheckIn,
  encodeCheckInAnswer,
} from "../../src/manifest/check-in.ts";
import {
  decodeInstallReport,
  encodeInstallReport,
  INSTALL_REPORT_LENGTH_MAX,
} from "../../src/manifest/install-report.ts";
import { decodeNativeManifest, encodeNativeManifest } from "../../src/manifest/native-manifest.ts";
import { decodeTicket, encodeTicket } from "../../src/manifest/ticket.ts";
import { decodeTrustRoot, encodeTrustRoot } from "../../src/manifest/trust-root.ts";
import { checkIns, manifests, reports, tickets, trustRoots } from "../support/signed-values.ts";

const formats = suite("manifest/formats");

interface Format<Value> {
  readonly values: fc.Arbitrary<Value>;
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Result<Value, CborFault>;
}

const RUNS = { numRuns: 30, seed: 11 };

/** The fields of `bytes`, changed. */
function changed(bytes: Uint8Array, change: (fields: Map<CborValue, CborValue>) => void): Uint8Array {
  const decoded = decodeCbor(bytes);
  assert.ok(decoded.ok);
  const fields = new Map((decoded as { value: ReadonlyMap<CborValue, CborValue> }).value);
  change(fields);
  return encodeCbor(fields);
}

function present(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

function holds<Value extends object>(what: string, { values, encode, decode }: Format<Value>): void {
  formats(`a ${what} is read as it was written`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const decoded = decode(encode(value));
        assert.ok(decoded.ok, JSON.stringify(decoded));
        assert.equal(present((decoded as { value: object }).value), present(value));
      }),
      RUNS,
    );
  });

  formats(`a ${what} with a key that nobody knows is refused`, () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 44, max: 1000 }), (value, key) => {
        assert.not(decode(changed(encode(value), (fields) => fields.set(key, 1))).ok);
      }),
      RUNS,
    );
  });

  formats(`a ${what} that is cut, longer or no map is refused`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        for (let length = 0; length < bytes.length; length++) assert.not(decode(bytes.subarray(0, length)).ok);
        assert.not(decode(Uint8Array.of(...bytes, 0)).ok);
      }),
      { ...RUNS, numRuns: 2 },
    );
    assert.not(decode(encodeCbor([1, 2])).ok);
    assert.not(decode(encodeCbor(7)).ok);
  });

  formats(`a ${what} whose field is of another type, or too long, is refused`, () => {
    const [value] = fc.sample(values, { numRuns: 1, seed: 5 });
    const bytes = encode(value!);
    const decoded = decodeCbor(bytes) as { value: ReadonlyMap<CborValue, CborValue> };
    for (const key of decoded.value.keys()) {
      for (const other of [
        -1,
        2 ** 60,
        "\u0000",
        "x".repeat(200),
        new Uint8Array(3000),
        [],
        [[], []],
        new Map(),
        null,
      ]) {
        const wrong = changed(bytes, (fields) => fields.set(key, other as CborValue));
        assert.not(decode(wrong).ok, `${String(key)}: ${toHex(wrong)}`);
      }
    }
  });
}

holds("manifest", { values: manifests, encode: encodeNativeManifest, decode: decodeNativeManifest });
holds("ticket", { values: tickets, encode: encodeTicket, decode: decodeTicket });
holds("check-in", { values: checkIns, encode: encodeCheckIn, decode: decodeCheckIn });
holds("report", { values: reports, encode: encodeInstallReport, decode: decodeInstallReport });
holds("trust root", { values: trustRoots, encode: encodeTrustRoot, decode: decodeTrustRoot });

formats("the longest check-in and the longest report stay within their bounds", () => {
  fc.assert(
    fc.property(checkIns, reports, (checkIn, report) => {
      assert.ok(encodeCheckIn(checkIn).length <= CHECK_IN_LENGTH_MAX);
      assert.ok(encodeInstallReport(report).length <= INSTALL_REPORT_LENGTH_MAX);
    }),
    RUNS,
  );
});

formats("an answer to a check-in is read as it was written, with and without manifest and proof", () => {
  const ticket = Uint8Array.of(1, 2, 3);
  for (const manifest of [undefined, Uint8Array.of(4)]) {
    for (const proof of [undefined, Uint8Array.of(5, 6)]) {
      const decoded = decodeCheckInAnswer(encodeCheckInAnswer({ ticket, manifest, proof }));
      assert.equal(decoded, { ok: true, value: { ticket, manifest, proof } });
    }
  }
});

formats("an answer to a check-in that has another shape is refused", () => {
  const one = Uint8Array.of(1);
  for (const wrong of [[], [one, null], [one, null, null, null], [null, null, null], [one, 1, null], [one, null, ""]]) {
    assert.not(decodeCheckInAnswer(encodeCbor(wrong as CborValue)).ok);
  }
  assert.not(decodeCheckInAnswer(encodeCbor([one, new Uint8Array(641), null])).ok);
  assert.not(decodeCheckInAnswer(encodeCbor([one, null, new Uint8Array(2049)])).ok);
});

formats("a manifest's names are names of an image: nothing that a path would read otherwise", () => {
  const [manifest] = fc.sample(manifests, { numRuns: 1, seed: 5 });
  for (const product of ["..", ".", "a/b", "a b", "\u00e9", "", "a".repeat(80)]) {
    assert.not(decodeNativeManifest(encodeNativeManifest({ ...manifest!, product })).ok, product);
    assert.not(decodeNativeManifest(encodeNativeManifest({ ...manifest!, path: `/fw/${product}/1` })).ok, product);
    assert.not(decodeNativeManifest(encodeNativeManifest({ ...manifest!, version: product })).ok, product);
  }
  for (const path of ["/fw/a", "/m/a/1", "fw/a/1", "/fw/a/1/2", "coaps://h/fw/a/1"]) {
    assert.not(decodeNativeManifest(encodeNativeManifest({ ...manifest!, path })).ok, path);
  }
});

formats("an encryption without what is transferred, and the reverse, is refused", () => {
  const [sample] = fc.sample(manifests, { numRuns: 1, seed: 5 });
  const encryption = { info: Uint8Array.of(1), sha256: new Uint8Array(32), size: 16 };
  const bytes = encodeNativeManifest({ ...sample!, encryption });
  assert.ok(decodeNativeManifest(bytes).ok);
  assert.not(decodeNativeManifest(changed(bytes, (fields) => fields.delete(27))).ok);
  assert.not(decodeNativeManifest(changed(bytes, (fields) => fields.delete(28))).ok);
});

formats("a trust root with a role, a key or an address that is none is refused", () => {
  const [sample] = fc.sample(trustRoots, { numRuns: 1, seed: 5 });
  const bytes = encodeTrustRoot(sample!);
  for (const keys of [[[4, new Uint8Array(44)]], [[0, new Uint8Array(129)]], [[0]], [["maker", new Uint8Array(44)]]]) {
    assert.not(decodeTrustRoot(changed(bytes, (fields) => fields.set(42, keys as CborValue))).ok);
  }
  const seventeen = Array.from({ length: 17 }, () => [0, new Uint8Array(44)]);
  assert.not(decodeTrustRoot(changed(bytes, (fields) => fields.set(42, seventeen))).ok);
  for (const server of ["http://x", "coaps://", "coaps://a b", 7, "coaps://".padEnd(129, "x")]) {
    assert.not(decodeTrustRoot(changed(bytes, (fields) => fields.set(43, [server as CborValue]))).ok, String(server));
  }
});

formats.run();
