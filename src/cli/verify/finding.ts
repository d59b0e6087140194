// What a verification says of one thing: that it is right, that it is wrong, or why nobody could tell.

export interface Finding {
  readonly what: string;
  readonly verdict: "right" | "wrong" | "unchecked";
  readonly detail: string;
}

export function right(what: string, detail: string): Finding {
  return { what, verdict: "right", detail };
}

export function wrong(what: string, detail: string): Finding {
  return { what, verdict: "wrong", detail };
}

export function unchecked(what: string, detail: string): Finding {
  return { what, verdict: "unchecked", detail };
}

/** `said` when it holds, and otherwise what it says instead. */
export function compared(what: string, holds: boolean, said: string, otherwise: string): Finding {
  return holds ? right(what, said) : wrong(what, otherwise);
}
