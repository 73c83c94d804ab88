import type { IncomingMessage } from "node:http";

/**
 * The client's address. Each trusted proxy has appended the address it saw to `X-Forwarded-For`, so with
 * `trustedProxies` of them the client is that many places from the right; what stands further left is
 * the client's own word and is not believed.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: number): string {
  const peer = req.socket.remoteAddress ?? "";
  if (trustedProxies === 0) return peer;
  const forwarded = req.headers["x-forwarded-for"];
  if (typeof forwarded !== "string") return peer;
  const chain = [...forwarded.split(",").map((address) => address.trim()), peer];
  return chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? peer;
}
