// SIGTERM and SIGINT ask a process to end in order. A second one finds no listener, and ends it at once.

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Calls `stop` at the first signal; gives back what stops listening. */
export function onStopSignal(stop: () => void): () => void {
  const ignore = () => {
    for (const signal of SIGNALS) process.off(signal, handle);
  };
  const handle = () => {
    ignore();
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return ignore;
}
