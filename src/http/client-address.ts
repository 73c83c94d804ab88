import type { IncomingMessage } from "node:http";
import { addressKey, fullAddress } from "./address-key.ts";

/**
 * The key of the client in the rate limit: see `addressKey`. Each trusted proxy appends the address of its peer to
 * `X-Forwarded-For`, so the client's address is the entry at position `trustedProxies` from the right. Entries further left come
 * from the client and are not trusted. Several header lines count as one list, and empty entries are ignored (RFC 9110, sections
 * 5.3 and 5.6.1). If there are fewer entries, the leftmost is used; if that entry is not an address, the next one to its right
 * that is.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: number): string {
  return findAddress(req, trustedProxies, addressKey) ?? "unknown";
}

/** The same client's whole address, for the log; undefined if the connection has gone. */
export function fullClientAddress(req: IncomingMessage, trustedProxies: number): string | undefined {
  return findAddress(req, trustedProxies, fullAddress);
}

function findAddress(req: IncomingMessage, trustedProxies: number, read: (address: string) => string | undefined): string | undefined {
  const peer = read(req.socket.remoteAddress ?? "");
  const forwarded = req.headers["x-forwarded-for"];
  if (trustedProxies === 0 || forwarded === undefined) return peer;
  const entries = String(forwarded).split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  for (const entry of entries.slice(-trustedProxies)) {
    const address = read(entry);
    if (address !== undefined) return address;
  }
  return peer;
}
