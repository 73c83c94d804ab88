import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { REFUSALS } from "../api/refusals.ts";
import type { Refusal } from "../core/outcome.ts";
import { readList } from "./header-list.ts";

// The characters that RFC 3986, section 3.2.2, allows in a name, and percent-encoded bytes.
const NAME = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const FUTURE_ADDRESS = /^v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$/i;
const HOST_AND_PORT = /^(?:\[([^\]]*)\]|([^:]*))(?::[0-9]*)?$/;

/**
 * Refuses heads that Node's parser accepts but the standards do not: an HTTP version other than 1.0 and 1.1 (RFC 9112, section
 * 2.3), no `Host` header or several (section 3.2), a `Host` that is not a host (RFC 9110, section 7.2), a transfer coding with
 * HTTP/1.0 or other than `chunked` (RFC 9112, section 6.1). Undefined for a valid head.
 */
export function malformedHead(req: IncomingMessage): Refusal | undefined {
  if (req.httpVersionMajor !== 1 || req.httpVersionMinor > 1) return REFUSALS.wrongVersion;
  let hosts = 0;
  const { rawHeaders } = req;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1 || (hosts === 0 && req.httpVersionMinor === 1)) return REFUSALS.oneHost;
  if (hosts === 1 && !isHost(req.headers.host ?? "")) return REFUSALS.noHost;
  const coding = req.headers["transfer-encoding"];
  return coding === undefined ? undefined : refuseCoding(coding, req.httpVersionMinor);
}

/** The latest valid host: nearly all requests name the same one. */
let knownHost: string | undefined;

/** An empty host is allowed, for a target without an authority (RFC 9110, section 7.2). */
function isHost(text: string): boolean {
  if (text === knownHost) return true;
  const [whole, address, name = ""] = HOST_AND_PORT.exec(text) ?? [];
  if (whole === undefined) return false;
  const valid = address === undefined ? NAME.test(name) : (isIPv6(address) && !address.includes("%")) || FUTURE_ADDRESS.test(address);
  if (valid) knownHost = text;
  return valid;
}

function refuseCoding(transferEncoding: string, minorVersion: number): Refusal | undefined {
  if (minorVersion === 0) return REFUSALS.codingInOldVersion;
  const codings = readList(transferEncoding);
  // The end of such a body cannot be determined (RFC 9112, section 6.3).
  if (codings.at(-1) !== "chunked") return REFUSALS.chunkedLast;
  if (codings.some((coding) => coding !== "chunked")) return REFUSALS.unknownCoding;
  return codings.length === 1 ? undefined : REFUSALS.chunkedOnce;
}
