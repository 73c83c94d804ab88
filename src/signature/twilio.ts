import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { headerText, type SignatureHeaders } from "./headers.ts";
import { createHintBudget } from "./hint-budget.ts";
import type { Verification } from "./verify.ts";

export interface TwilioKey {
  /** The Auth Token of the account. */
  readonly authToken: string;
  /** The URL at which Twilio reaches the service: http or https, without a query; its path precedes the service's own. */
  readonly publicUrl: string;
}

export interface TwilioRequest {
  /** Path and query as in the request line. */
  readonly target: string;
  readonly form: URLSearchParams;
  readonly headers: SignatureHeaders;
}

export type VerifyTwilio = (request: TwilioRequest) => Verification;

/** The maximum length of the signed parameters for which a hint is sought: each URL that is tried costs an HMAC over them. */
const MAX_EXPLAINED = 16 * 1024;
/** 20 bytes in padded base64. */
const BASE64_SHA1 = /^[A-Za-z0-9+/]{27}=$/;
const MATCH: Verification = Object.freeze({ ok: true, secret: "current" });
const MISSING: Verification = Object.freeze({ ok: false, reason: "missing", hint: "X-Twilio-Signature is missing" });
const MALFORMED: Verification = Object.freeze({
  ok: false,
  reason: "malformed",
  hint: "X-Twilio-Signature must be the base64 of an HMAC-SHA1, sent once: Twilio must not sign with a shared key and SHA-256",
});

/**
 * Creates the function that checks `X-Twilio-Signature`: base64 of the HMAC-SHA1, keyed with the Auth Token, over the URL that
 * Twilio called and the form's names and values, sorted by name. If a name is repeated, each distinct value counts once,
 * sorted. The URL may have been signed with or without its port, whether or not `publicUrl` has one. Compared in constant time.
 *
 * Refusals: `missing`; `malformed` if it is not 20 bytes in base64; `mismatch`, with a hint if another URL would match.
 *
 * Source: Twilio's "Secure webhooks", "Validating signatures from Twilio".
 */
export function createTwilioVerifier({ authToken, publicUrl }: TwilioKey, clock: Clock): VerifyTwilio {
  const base = publicUrl.replace(/\/+$/, "");
  const mayExplain = createHintBudget(clock);

  return ({ target, form, headers }) => {
    const text = headerText(headers["x-twilio-signature"]);
    if (text === undefined) return MISSING;
    if (!BASE64_SHA1.test(text)) return MALFORMED;
    const given = Buffer.from(text, "base64");
    const parameters = signedParameters(form);
    const signs = (url: string): boolean => timingSafeEqual(createHmac("sha1", authToken).update(url).update(parameters).digest(), given);
    if (portForms(`${base}${target}`).some(signs)) return MATCH;
    const hint =
      parameters.length <= MAX_EXPLAINED && mayExplain()
        ? hints(base, target).find(([, url]) => portForms(url).some(signs))?.[0]
        : undefined;
    return { ok: false, reason: "mismatch", ...(hint !== undefined && { hint }) };
  };
}

function signedParameters(form: URLSearchParams): string {
  return Array.from(new Set(form.keys()))
    .toSorted()
    .flatMap((name) =>
      Array.from(new Set(form.getAll(name)))
        .toSorted()
        .map((value) => name + value),
    )
    .join("");
}

/** The URL unchanged, without its port, and with the default port of its scheme. Nothing else changes: `URL` would normalize it. */
function portForms(url: string): readonly string[] {
  const parts = /^(https?:\/\/(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*))(:[0-9]+)?(.*)$/is.exec(url);
  const [, host = "", port, rest = ""] = parts ?? [];
  if (port !== undefined) return [url, `${host}${rest}`];
  return [url, `${host}${/^https/i.test(host) ? ":443" : ":80"}${rest}`];
}

/** Mistakes in the setting, each with the URL that Twilio signed in that case. */
function hints(base: string, target: string): readonly (readonly [words: string, url: string])[] {
  const [path = ""] = target.split("?", 1);
  const scheme = /^https/i.test(base) ? base.replace(/^https/i, "http") : base.replace(/^http/i, "https");
  return [
    [`the signature matches with ${scheme.split(":", 1)[0]} in PUBLIC_URL`, `${scheme}${target}`],
    ["the signature matches PUBLIC_URL alone: leave the path of the endpoint out of PUBLIC_URL", base],
    [
      "the signature matches PUBLIC_URL with the query: leave the path of the endpoint out of PUBLIC_URL",
      `${base}${target.slice(path.length)}`,
    ],
    ["the signature matches without the query: a proxy must pass on the query as Twilio sent it, and add none", `${base}${path}`],
    [
      "the signature matches without the slash at the end: a proxy must pass on the path as Twilio sent it",
      `${base}${path.replace(/\/$/, "")}${target.slice(path.length)}`,
    ],
    [
      "the signature matches with a slash at the end: a proxy must pass on the path as Twilio sent it",
      `${base}${path}/${target.slice(path.length)}`,
    ],
  ];
}
