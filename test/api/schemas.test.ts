// What the API shows is what the core has: the compiler compares the two, member by member, and a sample is checked.

import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DeviceSchema } from "../../src/api/schemas/device-schema.ts";
import {
  type AlertRuleSchema,
  type AlertSchema,
  ProductSchema,
  type ReleaseSchema,
} from "../../src/api/schemas/product-schema.ts";
import { RolloutSchema } from "../../src/api/schemas/rollout-schema.ts";
import type { Alert, AlertRule } from "../../src/fleet/alert.ts";
import type { Device } from "../../src/fleet/device.ts";
import type { FleetRelease, Product } from "../../src/fleet/product.ts";
import type { Rollout } from "../../src/fleet/rollout.ts";
import { PlainFleet } from "./plain-fleet.ts";

const test = suite("schemas");

/** With every member that may be absent, at any depth. */
type Whole<Value> = Value extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]-?: Whole<Value[Name]> }
    : Value;

/** Compiles where a schema has all that the core's type has; that it has nothing else, handlers that answer by it show. */
function covers<Core>(_schema: Core): void {}
covers<Rollout>({} as Whole<Static<typeof RolloutSchema>>);
covers<Device>({} as Whole<Static<typeof DeviceSchema>>);
covers<Product>({} as Whole<Static<typeof ProductSchema>>);
covers<FleetRelease>({} as Whole<Static<typeof ReleaseSchema>>);
covers<AlertRule>({} as Whole<Static<typeof AlertRuleSchema>>);
covers<Alert>({} as Whole<Static<typeof AlertSchema>>);

test("a roll-out, a device and a product are as their schemas say, once they have gone through JSON", async () => {
  const fleet = new PlainFleet();
  const [rollouts, page, products] = [
    await fleet.rollouts(),
    await fleet.devices({ limit: 1 }),
    await fleet.products(),
  ];
  assert.ok(page.ok);
  for (const [schema, value] of [
    [RolloutSchema, rollouts.value[0]],
    [DeviceSchema, page.value.devices[0]],
    [ProductSchema, products.value[0]],
  ] as const) {
    assert.equal([...Value.Errors(schema, JSON.parse(JSON.stringify(value)))], []);
  }
});

test.run();
