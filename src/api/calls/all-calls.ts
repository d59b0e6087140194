import type { Call } from "../call.ts";
import { ACCESS_CALLS } from "./access-calls.ts";
import { DEVICE_CALLS } from "./device-calls.ts";
import { PRODUCT_CALLS } from "./product-calls.ts";
import { RECORD_CALLS } from "./record-calls.ts";
import { ROLLOUT_CALLS } from "./rollout-calls.ts";

/** Every call that takes a right. */
export const CALLS: readonly Call[] = [
  ...ROLLOUT_CALLS,
  ...DEVICE_CALLS,
  ...PRODUCT_CALLS,
  ...RECORD_CALLS,
  ...ACCESS_CALLS,
];
