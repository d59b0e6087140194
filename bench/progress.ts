// How far a benchmark is, on standard error: one line that is written over on a terminal, a line each elsewhere.

export function tellProgress(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}
