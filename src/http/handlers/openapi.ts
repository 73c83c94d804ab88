import { hash } from "node:crypto";
import type { OpenApiDocument } from "../../api/openapi.ts";
import { encode } from "../encodings.ts";
import type { Handler } from "../message.ts";

/** Caches must revalidate it each time, usually with 304. */
const CACHE_CONTROL = "no-cache";

/** `GET /openapi.json`; 304 for a client that already has it (RFC 9110, section 13.1.2). */
export function createOpenApi(document: OpenApiDocument): Handler {
  const body = JSON.stringify(document);
  const etag = `W/"${hash("sha256", body).slice(0, 16)}"`;
  const headers = { ETag: etag, Vary: "Accept-Encoding" };
  const encodings = encode(body);
  return (request) => {
    if (names(request.headers["if-none-match"] ?? "", etag)) {
      return { status: 304, body: "", headers: { ...headers, "Cache-Control": CACHE_CONTROL } };
    }
    return { status: 200, body, encodings, headers: { ETag: etag }, cacheControl: CACHE_CONTROL };
  };
}

/** Whether `If-None-Match` names the tag, weak or strong (section 8.8.3.2). */
function names(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").map((tag) => tag.trim()).some((tag) => tag.replace(/^(?!W\/)/, "W/") === etag || tag === "*");
}
