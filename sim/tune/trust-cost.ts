// What trust costs on a link: the same device on the same luck, once with a bare download, and once from its check-in to the
// word that the new image is confirmed. Plain data.

import { instant } from "../../src/base/instant.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { encodeCheckIn } from "../../src/manifest/check-in.ts";
import { Figure, NO_FIGURES } from "../../src/manifest/figure.ts";
import { encodeInstallReport, REPORT_ID_LENGTH } from "../../src/manifest/install-report.ts";
import { UpdateResult, UpdateState } from "../../src/manifest/reason.ts";
import { SIGNED_TICKET, sign } from "../../src/manifest/signed-object.ts";
import { COME_AGAIN_SECONDS, DEVICE_NAME_LENGTH, NONCE_LENGTH_MIN } from "../../src/manifest/ticket.ts";
import { TICKET_LIFETIME } from "../../src/server/ticket-resource.ts";
import { DrawnImage } from "../drawn-image.ts";
import { DrawnTrust } from "../drawn-trust.ts";
import { Prng } from "../prng.ts";
import { Simulation } from "../simulation.ts";
import { percentile } from "./sample-statistics.ts";
import { type Combination, RUN_DAYS_MAX, seedOfRun, simulationInputFor } from "./tune.ts";

/**
 * One profile. Times are medians of the updates that ended, seconds, null where none did; bytes are medians on the air
 * between the device and its neighbour. The device knows no trust root before.
 */
export interface TrustCostRow {
  readonly profile: string;
  readonly imageLength: number;
  readonly runs: number;
  readonly completed: { readonly bare: number; readonly trusted: number };
  /** Of a download with its handshake. */
  readonly bareSeconds: number | null;
  /** From the first hello to the reboot into the new image. */
  readonly rebootSeconds: number | null;
  /** From the reboot to the first contact, and until the server knows that the image is confirmed. */
  readonly contactSeconds: number | null;
  readonly confirmedSeconds: number | null;
  /** What check-in, ticket, manifest, trust root, reports and the second handshake add. */
  readonly addedBytesUp: number | null;
  readonly addedBytesDown: number | null;
}

interface Run {
  readonly seconds: number;
  readonly contactSeconds: number;
  readonly confirmedSeconds: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export function trustCostRow(
  crypto: CryptoProvider,
  combination: Combination,
  runs: number,
  seed: number,
): TrustCostRow {
  const run = (trusted: boolean) =>
    Array.from({ length: runs }, (_, i) => runOf(crypto, combination, seedOfRun(seed, i), trusted)).filter(
      (one) => one !== undefined,
    );
  const bare = run(false);
  const trusted = run(true);
  const median = (of: readonly Run[], figure: (one: Run) => number) => percentile(of.map(figure), 0.5) ?? null;
  const added = (figure: (one: Run) => number) => {
    const [before, after] = [median(bare, figure), median(trusted, figure)];
    return before === null || after === null ? null : after - before;
  };
  return {
    profile: combination.profile.name,
    imageLength: combination.imageLength,
    runs,
    completed: { bare: bare.length, trusted: trusted.length },
    bareSeconds: median(bare, ({ seconds }) => seconds),
    rebootSeconds: median(trusted, ({ seconds }) => seconds),
    contactSeconds: median(trusted, ({ contactSeconds }) => contactSeconds),
    confirmedSeconds: median(trusted, ({ confirmedSeconds }) => confirmedSeconds),
    addedBytesUp: added(({ bytesUp }) => bytesUp),
    addedBytesDown: added(({ bytesDown }) => bytesDown),
  };
}

/** Undefined where it did not end well. */
function runOf(crypto: CryptoProvider, combination: Combination, seed: number, trusted: boolean): Run | undefined {
  const simulation = new Simulation({ ...simulationInputFor(combination), seed, crypto, deviceCount: 1, trusted });
  if (!simulation.run(instant(RUN_DAYS_MAX * 86_400_000))) return undefined;
  const { outcome, link } = simulation.devices[0]!;
  const { seconds, contactSeconds = 0, confirmedSeconds = 0 } = outcome!;
  const { up, down } = link.statistics;
  return { seconds, contactSeconds, confirmedSeconds, bytesUp: up.deviceBytesOnAir, bytesDown: down.deviceBytesOnAir };
}

/** Bytes of each message of a trusted update, without the headers of CoAP and below; names as short as a device with little air has. */
export function trustMessageLengths(crypto: CryptoProvider): Readonly<Record<string, number>> {
  const random = new Prng(1);
  const trust = new DrawnTrust(crypto, DrawnImage.of(crypto, 102_400, random), random);
  const { product, ticketMaker } = trust;
  const { digest, manifest, version } = trust.current(product)!;
  const nonce = new Uint8Array(NONCE_LENGTH_MIN);
  const asked = { product, nonce, sequenceNumber: 0, version: "0", slot: 0, manifestWanted: true, figures: NO_FIGURES };
  const ticket = sign(SIGNED_TICKET, ticketMaker.key, {
    nonce,
    device: new Uint8Array(DEVICE_NAME_LENGTH),
    manifestDigest: digest,
    sequenceNumber: 1,
    lifetime: TICKET_LIFETIME,
    issued: ticketMaker.unixSeconds(instant(0)),
    comeAgain: COME_AGAIN_SECONDS,
  });
  const report = {
    id: new Uint8Array(REPORT_ID_LENGTH),
    product,
    version,
    sequenceNumber: 1,
    state: UpdateState.IDLE,
    result: UpdateResult.SUCCESS,
    slot: 1,
    figures: new Map([[Figure.UPTIME, 10]]),
  };
  return {
    "check-in": encodeCheckIn(asked).length,
    ticket: ticket.length,
    manifest: manifest.length,
    "trust root": trust.trustRoot(product)!.length,
    report: encodeInstallReport(report).length,
  };
}
