import type { PageName, Site } from "../../core/site.ts";
import type { Handler } from "../message.ts";
import { refuse } from "../respond.ts";

/**
 * Scripts and styles from this service alone, none of them inline, and no connection to anywhere else (CSP level 3).
 * Trusted types without a policy: a script that turned a message's text into markup would fail.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** A page's HTML. It holds no data: what it shows it asks for with the token that its reader gives. */
export function createPage(site: Site, name: PageName): Handler {
  return ({ target }) => ({
    status: 200,
    body: site.page(name, { isBelow: target.split("?")[0]?.endsWith("/") === true }),
    contentType: "text/html; charset=utf-8",
    headers: PAGE_HEADERS,
  });
}

/** `GET /assets/{name}`: what a page loads; the name changes with the content, so caches keep it for good (RFC 8246). */
export function createAsset(site: Site): Handler {
  return (request) => {
    const asset = site.asset(request.parameter);
    if (asset === undefined) return refuse({ code: "not_found", detail: "not found" });
    return {
      status: 200,
      body: asset.body,
      contentType: asset.contentType,
      cacheControl: "public, max-age=31536000, immutable",
      headers: { "Cross-Origin-Resource-Policy": "same-origin" },
    };
  };
}
