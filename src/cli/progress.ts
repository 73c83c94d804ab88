import type { Terminal } from "./terminal.ts";

/** Time between two updates, in milliseconds. */
const REFRESH_MS = 200;
export const CLEAR_LINE = "\r\u001b[K";

/** The share that is done, from 0 to 1. If the total is unknown: how much is done, in words, or undefined. */
export type Share = () => number | string | undefined;

/** Shows progress on a terminal while work is in progress; shows nothing in a pipe. */
export async function withProgress<T>(
  terminal: Terminal,
  title: string,
  work: { readonly share: Share; readonly result: Promise<T> },
): Promise<T> {
  const { screen } = terminal;
  if (screen === undefined) return work.result;
  const startedAt = performance.now();
  const paint = (): void => screen(`${CLEAR_LINE}${title} ${describe(work.share(), performance.now() - startedAt)}`);
  paint();
  const timer = setInterval(paint, REFRESH_MS);
  try {
    return await work.result;
  } finally {
    clearInterval(timer);
    screen(CLEAR_LINE);
  }
}

function describe(share: number | string | undefined, elapsedMs: number): string {
  const elapsed = `${Math.floor(elapsedMs / 1000)} s`;
  if (share === undefined) return elapsed;
  return `${typeof share === "string" ? share : `${Math.floor(share * 100)} %`}, ${elapsed}`;
}
