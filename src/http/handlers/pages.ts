import { REFUSALS } from "../../api/refusals.ts";
import type { PageName, Site } from "../../core/site.ts";
import type { Handler } from "../message.ts";
import { encode, type Encodings } from "../encodings.ts";
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

/** What each text is compressed to; texts are few, and each lives as long as the site. */
function createEncode(): (body: string) => Encodings {
  const encoded = new Map<string, Encodings>();
  return (body) => {
    const known = encoded.get(body) ?? encode(body);
    encoded.set(body, known);
    return known;
  };
}

/** A page's HTML. It holds no data: what it shows it asks for with the token that its reader gives. */
export function createSitePage(site: Site, name: PageName): Handler {
  const encodingsOf = createEncode();
  return ({ target }) => {
    const body = site.page(name, { isBelow: target.split("?")[0]?.endsWith("/") === true });
    return { status: 200, body, encodings: encodingsOf(body), contentType: "text/html; charset=utf-8", headers: PAGE_HEADERS };
  };
}

/** `GET /assets/{name}`: what a page loads; the name changes with the content, so caches keep it for good (RFC 8246). */
export function createAsset(site: Site): Handler {
  const encodingsOf = createEncode();
  return (request) => {
    const asset = site.asset(request.parameter);
    if (asset === undefined) return refuse(REFUSALS.notFound);
    return {
      status: 200,
      body: asset.body,
      encodings: encodingsOf(asset.body),
      contentType: asset.contentType,
      cacheControl: "public, max-age=31536000, immutable",
      headers: { "Cross-Origin-Resource-Policy": "same-origin" },
    };
  };
}
