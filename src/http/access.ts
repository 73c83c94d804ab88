import { REFUSALS } from "../api/refusals.ts";
import type { Refusal } from "../core/outcome.ts";
import { createSameToken } from "./same-token.ts";

/** Refuses an `Authorization` header without the token; undefined if the request may pass. */
export type Authorize = (header: string | undefined) => Refusal | undefined;

/** Bearer tokens (RFC 6750), compared in constant time. */
export function createAuthorize(token: string | undefined): Authorize {
  if (token === undefined) return () => undefined;
  const isToken = createSameToken(token);
  return (header) => {
    const given = header === undefined ? undefined : /^bearer +(\S+)$/i.exec(header)?.[1];
    return given !== undefined && isToken(given) ? undefined : REFUSALS.unauthorized;
  };
}
