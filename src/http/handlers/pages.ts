import { REFUSALS } from "../../api/refusals.ts";
import type { PageName, Site } from "../../core/site.ts";
import type { Handler } from "../message.ts";
import { encode, type Encodings } from "../encodings.ts";
import { refuse } from "../respond.ts";

/**
 * Allows scripts and styles only from this service, none of them inline, and connections only to it (CSP level 3). Requires
 * trusted types without a policy: a script that turned a message's text into markup would fail.
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

/** Caches the compressed form of each text; there are few texts, and they live as long as the site. */
function createEncode(): (body: string) => Encodings {
  const encoded = new Map<string, Encodings>();
  return (body) => {
    const known = encoded.get(body) ?? encode(body);
    encoded.set(body, known);
    return known;
  };
}

/** The HTML of a page. It contains no data: its scripts request the data with the reader's token. */
export function createSitePage(site: Site, name: PageName): Handler {
  const encodingsOf = createEncode();
  return ({ target }) => {
    const body = site.page(name, { isBelow: target.split("?")[0]?.endsWith("/") === true });
    return { status: 200, body, encodings: encodingsOf(body), contentType: "text/html; charset=utf-8", headers: PAGE_HEADERS };
  };
}

/** `GET /assets/{name}`: a file that a page loads. Its name changes with its content, so caches keep it permanently (RFC 8246). */
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
