import type { IncomingMessage } from "node:http";
import { addressKey } from "./address-key.ts";

/**
 * What stands for the client in the rate limit: see `addressKey`. Each trusted proxy has appended the address it saw to
 * `X-Forwarded-For`, so with `trustedProxies` of them the client is that many places from the right; what stands further
 * left is the client's own word and is not believed. Several header lines count as one list, whose empty entries do not
 * count (RFC 9110, sections 5.3 and 5.6.1). Where there are fewer entries, the one furthest left is taken, and where the
 * one to be taken is no address, the next to the right that is one.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: number): string {
  const peer = addressKey(req.socket.remoteAddress ?? "") ?? "unknown";
  const forwarded = req.headers["x-forwarded-for"];
  if (trustedProxies === 0 || forwarded === undefined) return peer;
  const entries = String(forwarded).split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  for (const entry of entries.slice(-trustedProxies)) {
    const key = addressKey(entry);
    if (key !== undefined) return key;
  }
  return peer;
}
