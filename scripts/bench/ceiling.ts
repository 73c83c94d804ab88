import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BENCH_SECRET } from "./messages.ts";

/**
 * The ceiling for any service on this runtime: a bare `node:http` server that reads the body, checks one
 * HMAC, parses the JSON, responds 200 and stores nothing.
 */
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const body = Buffer.concat(chunks);
    const expected = createHmac("sha256", BENCH_SECRET).update(body).digest();
    const given = Buffer.from(String(req.headers["x-signature"]), "hex");
    const valid = given.length === expected.length && timingSafeEqual(given, expected) && JSON.parse(body.toString()) !== null;
    res.writeHead(valid ? 200 : 401, { "Content-Type": "application/json" });
    res.end('{"status":"ok"}');
  });
});
server.listen(0, "127.0.0.1", () => {
  const address: AddressInfo | string | null = server.address();
  if (address !== null && typeof address === "object") {
    process.stdout.write(`${JSON.stringify({ msg: "started", url: `http://127.0.0.1:${address.port}` })}\n`);
  }
});
