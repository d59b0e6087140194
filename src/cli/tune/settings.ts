// What to set, in each stack's own words: docs/links.md 7 says where the names are from. Text that can be pasted.

import type { CombinationRow, FigureCounts } from "../../../sim/tune/combination-row.ts";
import { assumptionsOf } from "./words.ts";

/** Where some lines go, and the lines. */
export interface Settings {
  readonly place: string;
  readonly lines: readonly string[];
}

/** What the server and a device need for what `row` found. The server hands out blocks as large as they are asked for. */
export function settingsFor(row: CombinationRow): readonly Settings[] {
  const serve = `narrowboat serve --block-size ${row.blockSize === "auto" ? 1024 : row.blockSize}`;
  return [{ place: "server", lines: [serve] }, ...SETTINGS[row.device](row)];
}

/** The lines below a table; none where nothing is recommended. */
export function whatToSet(best: (CombinationRow & { readonly figures: FigureCounts }) | undefined): readonly string[] {
  if (best === undefined) return [];
  const settings = settingsFor(best).flatMap(({ place, lines }) => [
    `  ${place}:`,
    ...lines.map((line) => `    ${line}`),
  ]);
  return ["what to set:", ...settings, assumptionsOf(best)];
}

const SETTINGS: Readonly<Record<CombinationRow["device"], (row: CombinationRow) => readonly Settings[]>> = {
  own: (row) => [{ place: "device", lines: [ownCommand(row)] }],
  zephyr: (row) => [
    {
      place: "Zephyr, prj.conf",
      lines: [
        `CONFIG_COAP_CLIENT_BLOCK_SIZE=${row.blockSize}`,
        `CONFIG_LWM2M_COAP_BLOCK_SIZE=${row.blockSize}`,
        ...zephyrTimers(row),
        `CONFIG_COAP_MAX_RETRANSMIT=${row.maxRetransmit}`,
      ],
    },
    ...handshakeOption(row, ({ dtlsTimeoutSeconds }) => [
      `int ms = ${milliseconds(dtlsTimeoutSeconds!)};`,
      "zsock_setsockopt(sock, SOL_TLS, TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, &ms, sizeof(ms));",
    ]),
  ],
  ncs: (row) => [
    { place: "nRF Connect SDK, prj.conf", lines: zephyrTimers(row) },
    {
      place: "with the downloader library, in C",
      lines: [
        "struct downloader_transport_coap_cfg cfg = {",
        `  .block_size = COAP_BLOCK_${row.blockSize}, .max_retransmission = ${row.maxRetransmit} };`,
        "downloader_transport_coap_set_config(&dl, &cfg);",
      ],
    },
    ...downloadClientSettings(row),
    ...handshakeOption(row, () => ["# the modem's first wait is 1 s and cannot be set"]),
  ],
  riot: (row) => [
    {
      place: "RIOT, the application's Makefile",
      lines: [
        `CFLAGS += -DCONFIG_SUIT_COAP_BLOCKSIZE=COAP_BLOCKSIZE_${row.blockSize}`,
        `CFLAGS += -DCONFIG_COAP_ACK_TIMEOUT_MS=${milliseconds(row.ackTimeoutSeconds)}`,
        `CFLAGS += -DCONFIG_COAP_MAX_RETRANSMIT=${row.maxRetransmit}`,
        ...(row.dtlsTimeoutSeconds === null
          ? []
          : [`CFLAGS += -DCONFIG_SOCK_DTLS_TIMEOUT_MS=${milliseconds(row.dtlsTimeoutSeconds)}`]),
      ],
    },
  ],
  libcoap: (row) => [
    {
      place: "libcoap, in C; the server says the block size",
      lines: [
        `coap_session_set_ack_timeout(session, (coap_fixed_point_t){ ${fixedPoint(row.ackTimeoutSeconds)} });`,
        `coap_session_set_max_retransmit(session, ${row.maxRetransmit});`,
        ...(row.dtlsTimeoutSeconds === null
          ? []
          : ["/* the handshake's timer is OpenSSL's, 1 s, and cannot be set */"]),
      ],
    },
    { place: "Anjay, which asks likewise, in anjay_configuration_t", lines: anjayLines(row) },
  ],
};

/** `pull` finds out what is not said. */
function ownCommand({ blockSize, window, ackTimeoutSeconds, dtlsTimeoutSeconds }: CombinationRow): string {
  const flags = [
    ...(blockSize === "auto" ? [] : [`--block-size ${blockSize}`]),
    ...(window === "auto" ? [] : [`--window ${window}`]),
    `--ack-timeout ${ackTimeoutSeconds}`,
    ...(dtlsTimeoutSeconds === null ? [] : [`--dtls-timeout ${dtlsTimeoutSeconds}`]),
  ];
  return `narrowboat pull ${flags.join(" ")}`;
}

/** Kconfig's range of the first timeout, ms. */
const ZEPHYR_TIMEOUT_MS_MIN = 1_000;
const ZEPHYR_TIMEOUT_MS_MAX = 100_000;

function zephyrTimers({ ackTimeoutSeconds }: CombinationRow): readonly string[] {
  const ms = milliseconds(ackTimeoutSeconds);
  const line = `CONFIG_COAP_INIT_ACK_TIMEOUT_MS=${ms}`;
  if (ms >= ZEPHYR_TIMEOUT_MS_MIN && ms <= ZEPHYR_TIMEOUT_MS_MAX) return [line];
  return [`# beyond Kconfig's range, ${ZEPHYR_TIMEOUT_MS_MIN} to ${ZEPHYR_TIMEOUT_MS_MAX}:`, line];
}

/** The library before `downloader`, in nRF Connect SDK up to 2.8, has three block sizes. */
function downloadClientSettings({ blockSize, maxRetransmit }: CombinationRow): readonly Settings[] {
  if (![128, 256, 512].includes(blockSize as number)) return [];
  const lines = [
    `CONFIG_DOWNLOAD_CLIENT_COAP_BLOCK_SIZE_${blockSize}=y`,
    `CONFIG_DOWNLOAD_CLIENT_COAP_MAX_RETRANSMIT_REQUEST_COUNT=${maxRetransmit}`,
  ];
  return [{ place: "with the older download_client, prj.conf", lines }];
}

function handshakeOption(row: CombinationRow, lines: (row: CombinationRow) => readonly string[]): readonly Settings[] {
  return row.dtlsTimeoutSeconds === null ? [] : [{ place: "handshake, in C", lines: lines(row) }];
}

function anjayLines({ ackTimeoutSeconds, maxRetransmit, dtlsTimeoutSeconds }: CombinationRow): readonly string[] {
  return [
    ".udp_tx_params = &(const avs_coap_udp_tx_params_t){",
    `  .ack_timeout = { ${duration(ackTimeoutSeconds)} }, .ack_random_factor = 1.5,`,
    `  .max_retransmit = ${maxRetransmit}, .nstart = 1 },`,
    ...(dtlsTimeoutSeconds === null
      ? []
      : [
          ".udp_dtls_hs_tx_params = &(const avs_net_dtls_handshake_timeouts_t){",
          `  .min = { ${duration(dtlsTimeoutSeconds)} }, .max = { ${duration(Math.max(60, 2 * dtlsTimeoutSeconds))} } },`,
        ]),
  ];
}

function milliseconds(seconds: number): number {
  return Math.round(1000 * seconds);
}

/** Whole seconds and thousandths, as libcoap takes them. */
function fixedPoint(seconds: number): string {
  const ms = milliseconds(seconds);
  return `${Math.floor(ms / 1000)}, ${ms % 1000}`;
}

/** Whole seconds and nanoseconds, as avs_commons takes them. */
function duration(seconds: number): string {
  const ms = milliseconds(seconds);
  return `${Math.floor(ms / 1000)}, ${(ms % 1000) * 1_000_000}`;
}
