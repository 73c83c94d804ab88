import type { Clock } from "../core/clock.ts";

/** The headers that describe a client's allowance, also when it is admitted; undefined if there is no limit. */
export type AllowanceHeaders = Readonly<Record<"RateLimit-Policy" | "RateLimit", string>>;

export type Admission =
  | { readonly ok: true; readonly headers?: AllowanceHeaders }
  | { readonly ok: false; readonly retryAfterSeconds: number; readonly headers: AllowanceHeaders };

/** The address is only determined if there is a limit. */
export type RateLimit = (clientAddress: () => string) => Admission;

/** Bounds the memory: the addresses that have been silent longest are forgotten first. */
const MAX_ADDRESSES = 50_000;
const MINUTE_MS = 60_000;
/** Half a millisecond of tolerance, since a sum of many costs is not exact. */
const GRACE_MS = 0.5;
const ADMITTED: Admission = { ok: true };

/**
 * Admits `perMinute` requests a minute for each address, in a burst or spread out (the generic cell rate algorithm: one number
 * per address, the time at which its allowance is full again). 0 admits everything.
 *
 * The headers are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` has the quota `q` and its window `w` in
 * seconds, `RateLimit` the remaining requests `r` and the seconds `t` until there is one more.
 */
export function createRateLimit(perMinute: number, clock: Clock): RateLimit {
  if (perMinute === 0) return () => ADMITTED;
  const costMs = MINUTE_MS / perMinute;
  const policy = `"default";q=${perMinute};w=${MINUTE_MS / 1000}`;
  const wholeAtMs = new Map<string, number>();

  function allowance(remaining: number, seconds: number): AllowanceHeaders {
    return { "RateLimit-Policy": policy, RateLimit: `"default";r=${remaining};t=${seconds}` };
  }

  return (clientAddress) => {
    const nowMs = clock.nowMs();
    const address = clientAddress();
    const knownMs = wholeAtMs.get(address) ?? 0;
    // If the stored time is further ahead than an admission can set it, the clock was set back. That must not shut clients out.
    const from = knownMs > nowMs + MINUTE_MS + 1 ? nowMs : Math.max(nowMs, knownMs);
    const spentMs = from + costMs - nowMs;
    const overMs = spentMs - MINUTE_MS;
    if (overMs > GRACE_MS) {
      const retryAfterSeconds = Math.ceil(overMs / 1000);
      return { ok: false, retryAfterSeconds, headers: allowance(0, retryAfterSeconds) };
    }
    wholeAtMs.delete(address);
    wholeAtMs.set(address, from + costMs);
    if (wholeAtMs.size > MAX_ADDRESSES) {
      const [silentLongest] = wholeAtMs.keys();
      if (silentLongest !== undefined) wholeAtMs.delete(silentLongest);
    }
    const remaining = Math.max(0, Math.floor((MINUTE_MS + GRACE_MS - spentMs) / costMs));
    const moreInMs = spentMs + (remaining + 1) * costMs - MINUTE_MS;
    return { ok: true, headers: allowance(remaining, Math.max(1, Math.ceil((moreInMs - GRACE_MS) / 1000))) };
  };
}
