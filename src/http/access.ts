import { hash, timingSafeEqual } from "node:crypto";
import type { Refusal } from "../core/outcome.ts";

/** Refuses an `Authorization` header that does not carry the token; undefined where it may pass. */
export type Authorize = (header: string | undefined) => Refusal | undefined;

const UNAUTHORIZED: Refusal = {
  code: "unauthorized",
  detail: "the Authorization header must be Bearer and the token",
  headers: { "WWW-Authenticate": "Bearer" },
};

/** Bearer tokens (RFC 6750). Digests of equal length are compared, in constant time, so that not even the length leaks. */
export function createAuthorize(token: string | undefined): Authorize {
  if (token === undefined) return () => undefined;
  const expected = hash("sha256", token, "buffer");
  return (header) => {
    const given = header === undefined ? undefined : /^bearer +(\S+)$/i.exec(header)?.[1];
    if (given === undefined) return UNAUTHORIZED;
    return timingSafeEqual(hash("sha256", given, "buffer"), expected) ? undefined : UNAUTHORIZED;
  };
}
