// NB-IoT transport blocks (3GPP TS 36.213 v13.2, tables 16.4.1.5.1-1 and 16.5.1.2-2) and how long one takes with its
// control channel, repetitions and acknowledgement: where the rates of the NB-IoT profiles come from (docs/links.md 1).

/** How many subframes (down) or resource units (up) the columns of the tables stand for. */
export const UNIT_COUNTS = [1, 2, 3, 4, 5, 6, 8, 10] as const;

/** NPDSCH, in bits: a row for each I_TBS from 0; Release 13 ends at 680 bits. */
export const NPDSCH_BLOCK_BITS: readonly (readonly number[])[] = [
  [16, 32, 56, 88, 120, 152, 208, 256],
  [24, 56, 88, 144, 176, 208, 256, 344],
  [32, 72, 144, 176, 208, 256, 328, 424],
  [40, 104, 176, 208, 256, 328, 440, 568],
  [56, 120, 208, 256, 328, 408, 552, 680],
  [72, 144, 224, 328, 424, 504, 680],
  [88, 176, 256, 392, 504, 600],
  [104, 224, 328, 472, 584, 680],
  [120, 256, 392, 536, 680],
  [136, 296, 456, 616],
  [144, 328, 504, 680],
  [176, 376, 584],
  [208, 440, 680],
];

/** NPUSCH goes on where NPDSCH ends: what its rows have behind those of NPDSCH, up to 1000 bits. */
const NPUSCH_MORE_BITS: Readonly<Record<number, readonly number[]>> = {
  5: [872],
  6: [808, 1000],
  7: [712, 1000],
  8: [808],
  9: [776, 936],
  10: [872, 1000],
  11: [776, 1000],
  12: [1000],
};

/** NPUSCH, in bits: a row for each I_TBS from 0. */
export const NPUSCH_BLOCK_BITS: readonly (readonly number[])[] = NPDSCH_BLOCK_BITS.map((row, index) => [
  ...row,
  ...(NPUSCH_MORE_BITS[index] ?? []),
]);

export interface DownlinkBlock {
  /** N_SF, N_Rep, and the subframes of the control channel before. */
  readonly subframeCount: number;
  readonly repetitionCount: number;
  readonly controlSubframeCount: number;
  /** k0, in subframes. */
  readonly schedulingDelay: number;
  readonly acknowledgementMs: number;
  /** How many subframes carry data: 0.75 where 0, 5 and every second 9 are taken. */
  readonly usableFraction: number;
}

export interface UplinkBlock {
  /** N_RU, and how long one resource unit is: 8 ms single-tone at 15 kHz, 1 ms on twelve tones. */
  readonly resourceUnitCount: number;
  readonly resourceUnitMs: number;
  readonly repetitionCount: number;
  readonly controlSubframeCount: number;
  /** k0, in subframes: 8, 16, 32 or 64. */
  readonly schedulingDelay: number;
}

/** From the end of the control channel to the data, and from the data to its acknowledgement. */
const CONTROL_TO_DATA_MS = 4;
const DATA_TO_ACKNOWLEDGEMENT_MS = 12;
const TURNAROUND_MS = 3;

/** From the first subframe of the control channel to the next one that may follow, in milliseconds. */
export function downlinkBlockMs(block: DownlinkBlock): number {
  const dataMs = (block.subframeCount * block.repetitionCount) / block.usableFraction;
  const controlMs = block.controlSubframeCount / block.usableFraction;
  const fixedMs = CONTROL_TO_DATA_MS + block.schedulingDelay + DATA_TO_ACKNOWLEDGEMENT_MS + TURNAROUND_MS;
  return controlMs + dataMs + fixedMs + block.acknowledgementMs;
}

/** From the first subframe of the control channel to the next one that may follow, in milliseconds. */
export function uplinkBlockMs(block: UplinkBlock): number {
  const dataMs = block.resourceUnitCount * block.resourceUnitMs * block.repetitionCount;
  return block.controlSubframeCount + block.schedulingDelay + dataMs + TURNAROUND_MS;
}
