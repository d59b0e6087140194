// Where the figures of the profiles are from: what the keys in their `sources` stand for.

export const SOURCES: Readonly<Record<string, string>> = {
  "8376": "RFC 8376, LPWAN overview",
  boaks: "github.com/boaks/zephyr-coaps-client, docu/POWERCONSUMPTION.md",
  boaks22: "github.com/boaks/zephyr-coaps-client, docu/POWERCONSUMPTION-2022-06.md",
  brocaar: "github.com/brocaar/lorawan, band/ and airtime tests",
  cc1350: "Texas Instruments, CC1350 data sheet",
  csdn: "blog.csdn.net/weixin_39586915, article 111652149",
  dsme: "openDSME, PIB defaults",
  flora: "github.com/florasim/flora, energyConsumptionParameters.xml",
  iotguo: "iotguo.com, nxp-gateway-10",
  lmn: "github.com/Lora-net/LoRaMac-node dcbcfb3, RegionEU868, RegionUS915 and sx1276.c",
  m5: "docs.m5stack.com, module NB-IoT (M5311)",
  mbedded: "blog.mbedded.ninja, cellular",
  mindgap: "Petersen et al., Mind the Gap, CoNEXT 2021",
  nrf2498: "github.com/nrfconnect/sdk-nrf, pull request 2498",
  nrf52: "Nordic, nRF52840 product specification, radio",
  nrfps: "Nordic, nRF9160 product specification, modem current",
  ntn: "3GPP TR 38.821, as cited in OAI's RUNMODEM.md",
  ot: "github.com/openthread/openthread, src/core/config/mac.h",
  r4944: "RFC 4944, IPv6 over IEEE 802.15.4",
  rfw: "rfwireless-world.com, LTE-M categories",
  richter: "theinternetofthings.eu, Richter, thesis 2026",
  schclora: "github.com/Acklio/schc-over-lorawan, which became RFC 9011",
  schcnb: "github.com/lp-wan, SCHC-NBIoT draft 13, which became RFC 9391",
  srs: "github.com/srsran/srsRAN_4G, ra_nbiot.c and tbs_tables_nbiot.h",
  ugw: "Ugwuanyi et al., Electronics 10(18):2224, 2021",
  vermillard: "vermillard.com/post/udp-nat",
};

/** The keys that a text such as "m5, at 3.6 V by assumption" names, in alphabetical order. */
export function sourceKeysIn(text: string): string[] {
  const words = new Set(text.match(/[a-z0-9]+/g));
  return Object.keys(SOURCES).filter((key) => words.has(key));
}
