import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import type { Combination } from "../../../sim/tune/tune.ts";
import { tuneRows } from "../../../sim/tune/tune-row.ts";
import { settingsFor } from "../../../src/cli/tune/settings.ts";
import type { DialectName } from "../../../src/device/dialect.ts";

const settings = suite("tune-settings");

/** What stands below the table for this device, but for what the server needs. */
function linesFor(dialect: DialectName, more: Partial<Combination> = {}): readonly string[] {
  const common = { profile: profileNamed("nb-iot-ce1"), imageLength: 4096, blockSize: 512, window: 1 } as const;
  const [row] = tuneRows([{ ...common, dialect, ackTimeoutSeconds: 4.5, ...more }], [[]]);
  const [server, ...device] = settingsFor(row!);
  assert.equal(server, { place: "server", lines: ["narrowboat serve --block-size 512"] });
  return device.flatMap(({ lines }) => lines);
}

const HANDSHAKE = { dtlsTimeoutSeconds: 9, maxRetransmit: 6 };

settings("our own device is told by flags of pull, and finds out the rest", () => {
  assert.equal(linesFor("own", { window: "auto" }), ["narrowboat pull --block-size 512 --ack-timeout 4.5"]);
  assert.equal(linesFor("own", { window: 4, dtlsTimeoutSeconds: 9 }), [
    "narrowboat pull --block-size 512 --window 4 --ack-timeout 4.5 --dtls-timeout 9",
  ]);
});

settings("Zephyr by Kconfig, and by a socket option where the handshake has a timer of its own", () => {
  const kconfig = ["CONFIG_COAP_CLIENT_BLOCK_SIZE=512", "CONFIG_LWM2M_COAP_BLOCK_SIZE=512"];
  const timer = "CONFIG_COAP_INIT_ACK_TIMEOUT_MS=4500";
  assert.equal(linesFor("zephyr"), [...kconfig, timer, "CONFIG_COAP_MAX_RETRANSMIT=4"]);
  assert.equal(linesFor("zephyr", HANDSHAKE).slice(3), [
    "CONFIG_COAP_MAX_RETRANSMIT=6",
    "int ms = 9000;",
    "zsock_setsockopt(sock, SOL_TLS, TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, &ms, sizeof(ms));",
  ]);
});

settings("a timer that Zephyr's Kconfig does not take is named", () => {
  assert.equal(linesFor("zephyr", { ackTimeoutSeconds: 159 }).slice(2, 4), [
    "# beyond Kconfig's range, 1000 to 100000:",
    "CONFIG_COAP_INIT_ACK_TIMEOUT_MS=159000",
  ]);
});

settings("nRF Connect SDK by a structure, and by Kconfig for the older library, which has no 1024 bytes", () => {
  const lines = linesFor("ncs", HANDSHAKE);
  assert.equal(lines.slice(0, 3), [
    "CONFIG_COAP_INIT_ACK_TIMEOUT_MS=4500",
    "struct downloader_transport_coap_cfg cfg = {",
    "  .block_size = COAP_BLOCK_512, .max_retransmission = 6 };",
  ]);
  assert.equal(lines.slice(4), [
    "CONFIG_DOWNLOAD_CLIENT_COAP_BLOCK_SIZE_512=y",
    "CONFIG_DOWNLOAD_CLIENT_COAP_MAX_RETRANSMIT_REQUEST_COUNT=6",
    "# the modem's first wait is 1 s and cannot be set",
  ]);
  const [row] = tuneRows(
    [
      {
        profile: profileNamed("nb-iot-ce1"),
        imageLength: 4096,
        dialect: "ncs",
        blockSize: 1024,
        ackTimeoutSeconds: 5,
        window: 1,
      },
    ],
    [[]],
  );
  assert.not.match(JSON.stringify(settingsFor(row!)), /DOWNLOAD_CLIENT/);
});

settings("RIOT by CFLAGS", () => {
  assert.equal(linesFor("riot", HANDSHAKE), [
    "CFLAGS += -DCONFIG_SUIT_COAP_BLOCKSIZE=COAP_BLOCKSIZE_512",
    "CFLAGS += -DCONFIG_COAP_ACK_TIMEOUT_MS=4500",
    "CFLAGS += -DCONFIG_COAP_MAX_RETRANSMIT=6",
    "CFLAGS += -DCONFIG_SOCK_DTLS_TIMEOUT_MS=9000",
  ]);
});

settings("libcoap by calls, and Anjay, which asks likewise, by its configuration", () => {
  assert.equal(linesFor("libcoap", HANDSHAKE), [
    "coap_session_set_ack_timeout(session, (coap_fixed_point_t){ 4, 500 });",
    "coap_session_set_max_retransmit(session, 6);",
    "/* the handshake's timer is OpenSSL's, 1 s, and cannot be set */",
    ".udp_tx_params = &(const avs_coap_udp_tx_params_t){",
    "  .ack_timeout = { 4, 500000000 }, .ack_random_factor = 1.5,",
    "  .max_retransmit = 6, .nstart = 1 },",
    ".udp_dtls_hs_tx_params = &(const avs_net_dtls_handshake_timeouts_t){",
    "  .min = { 9, 0 }, .max = { 60, 0 } },",
  ]);
});

settings.run();
