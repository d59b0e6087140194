// Parameters that follow the name of a link: `bernoulli:loss=0.1,rtt=1s`, `lte-m:mtu=540`.

import { ProfileError } from "./profile.ts";

/** What a parameter's text means: its unit and its limits. */
export interface Quantity {
  readonly allowed: string;
  /** Undefined for anything that is not allowed. */
  parse(text: string): number | undefined;
}

export interface Parameter {
  readonly quantity: Quantity;
  readonly byDefault: number | undefined;
  readonly meaning: string;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Values = Readonly<Record<string, number | undefined>>;

/** The source of figures that parameters give. */
export const GIVEN = "given by the operator";

/** In milliseconds. */
export const time: Quantity = {
  allowed: "a time such as 138ms or 1.5s",
  parse: (text) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
    return match === null ? undefined : Number(match[1]) * (match[2] === "s" ? 1000 : 1);
  },
};

export const share: Quantity = {
  allowed: "a share such as 0.1 or 10%",
  parse: (text) => {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
    if (match === null) return undefined;
    const value = Number(match[1]) / (match[2] === "%" ? 100 : 1);
    return value <= 1 ? value : undefined;
  },
};

export const rate: Quantity = {
  allowed: "a number of bits per second of at least 1, such as 20000",
  parse: (text) => (/^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined),
};

export const bytes: Quantity = {
  allowed: "a whole number of bytes from 100 to 65535",
  parse: (text) => (/^\d{3,5}$/.test(text) && Number(text) >= 100 && Number(text) <= 65_535 ? Number(text) : undefined),
};

export const onOff: Quantity = {
  allowed: "on or off",
  parse: (text) => (text === "on" ? 1 : text === "off" ? 0 : undefined),
};

/** A parameter for listings. */
export interface ParameterDescription {
  readonly name: string;
  readonly meaning: string;
  /** What may stand for it, with an example. */
  readonly allowed: string;
  /** Undefined where there is none. */
  readonly byDefault: number | undefined;
}

export function descriptionsOf(parameters: Parameters): readonly ParameterDescription[] {
  return Object.entries(parameters).map(([name, { meaning, quantity, byDefault }]) => {
    return { name, meaning, allowed: quantity.allowed, byDefault };
  });
}

/** What "rtt=1s,rate=20000" gives; the defaults for all else. Throws ProfileError that says what is allowed. */
export function valuesFor(name: string, parameters: Parameters, text: string): Values {
  const values = Object.fromEntries(Object.entries(parameters).map(([key, { byDefault }]) => [key, byDefault]));
  for (const part of text === "" ? [] : text.split(",")) {
    const [key = "", value = ""] = part.split("=", 2);
    const parameter = Object.hasOwn(parameters, key) ? parameters[key] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(parameters).join(", ");
      throw new ProfileError(`profile ${name}: there is no parameter "${key}"; known are ${known}`);
    }
    const { quantity } = parameter;
    values[key] = quantity.parse(value);
    if (values[key] === undefined) throw new ProfileError(`profile ${name}: ${key} must be ${quantity.allowed}`);
  }
  return values;
}
