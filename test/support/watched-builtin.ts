// Looks at what is handed to a function of one of Node's own modules, and at what it gives back, where nothing else could:
// at keys that never come into a test's hands.

import { syncBuiltinESMExports } from "node:module";

/** Calls `see` after each call of `module[name]`, until the function that it gives back is called. */
export function watchBuiltin<Module extends object>(
  module: Module,
  name: keyof Module & string,
  see: (args: readonly unknown[], result: unknown) => void,
): () => void {
  const whole = module[name] as (...args: unknown[]) => unknown;
  const set = (value: unknown) => {
    Reflect.set(module, name, value);
    syncBuiltinESMExports();
  };
  set((...args: unknown[]) => {
    const result = whole(...args);
    see(args, result);
    return result;
  });
  return () => set(whole);
}
