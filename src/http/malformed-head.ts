import type { IncomingMessage } from "node:http";
import type { Refusal } from "../core/outcome.ts";

/** What Node's parser lets pass and RFC 9112, sections 2.3 and 3.2, does not. */
export function malformedHead(req: IncomingMessage): Refusal | undefined {
  if (req.httpVersionMajor !== 1 || req.httpVersionMinor > 1) {
    return { code: "bad_request", detail: "the HTTP version must be 1.0 or 1.1" };
  }
  let hosts = 0;
  const { rawHeaders } = req;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1 || (hosts === 0 && req.httpVersionMinor === 1)) {
    return { code: "bad_request", detail: "the request must have exactly one Host header" };
  }
  return undefined;
}
