import type { Clock } from "../core/ports.ts";

/** The address is asked for only where there is a limit. */
export type RateLimit = (clientAddress: () => string) => { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number };

/** Memory bound: the addresses that have been silent longest are forgotten first. */
const MAX_ADDRESSES = 50_000;
const MINUTE_MS = 60_000;

/**
 * Admits `perMinute` requests a minute for each address, all at once or spread (the generic cell rate
 * algorithm: one number an address, the time at which its allowance is whole again). 0 admits everything.
 */
export function createRateLimit(perMinute: number, clock: Clock): RateLimit {
  if (perMinute === 0) return () => ADMITTED;
  const costMs = MINUTE_MS / perMinute;
  const wholeAtMs = new Map<string, number>();
  return (clientAddress) => {
    const nowMs = clock.nowMs();
    const address = clientAddress();
    const knownMs = wholeAtMs.get(address) ?? 0;
    // Further ahead than any admission puts it: the clock was set back, and nobody is shut out for that.
    const from = knownMs > nowMs + MINUTE_MS + 1 ? nowMs : Math.max(nowMs, knownMs);
    const overMs = from + costMs - nowMs - MINUTE_MS;
    // Half a millisecond of grace, since the sum of many costs is not exact.
    if (overMs > 0.5) return { ok: false, retryAfterSeconds: Math.ceil(overMs / 1000) };
    wholeAtMs.delete(address);
    wholeAtMs.set(address, from + costMs);
    if (wholeAtMs.size > MAX_ADDRESSES) {
      const [silentLongest] = wholeAtMs.keys();
      if (silentLongest !== undefined) wholeAtMs.delete(silentLongest);
    }
    return ADMITTED;
  };
}

const ADMITTED = { ok: true } as const;
