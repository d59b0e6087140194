// The figures that a profile is made of, one by one, each with where it is from.

import { type LinkProfile, sourceOf } from "./profile.ts";

export interface ProfileFigure {
  /** Such as "up.loss.probability". */
  readonly path: string;
  readonly value: string;
  readonly source: string;
}

const ASSUMPTION = "assumption";

/** A figure of somebody's own for which no source is given is an assumption too. */
export function figuresOf(profile: LinkProfile): readonly ProfileFigure[] {
  const { name: _name, summary: _summary, cannotCarryCoap: _reason, sources: _sources, ...figures } = profile;
  return figuresIn("", figures).map(({ path, value }) => {
    return { path, value, source: sourceOf(profile, path) ?? ASSUMPTION };
  });
}

/** Whether nobody measured it, or something that it follows from: "m5, at 3.6 V by assumption". */
export function isAssumption({ source }: ProfileFigure): boolean {
  return source.includes(ASSUMPTION);
}

function figuresIn(prefix: string, group: object): Omit<ProfileFigure, "source">[] {
  return Object.entries(group).flatMap(([key, value]: [string, unknown]) => {
    const path = prefix + key;
    return typeof value === "object" && value !== null
      ? figuresIn(`${path}.`, value)
      : [{ path, value: String(value) }];
  });
}
