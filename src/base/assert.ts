// Assertions for our own mistakes. A peer's bytes never reach an assertion; an operator's mistake has its own errors.

/** Thrown when this program is wrong. Nothing below the command line's entry catches it. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws InvariantError with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends a switch over a union: a forgotten variant is a compile error, and a crash if types were bent. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
