import { readHexOrBase64 } from "./header.ts";
import { headerText, type SignatureHeaders } from "./headers.ts";
import { MAC_BYTES } from "./hmac.ts";

const SIGN_HERE = "the HMAC-SHA256 of the body is required in X-Signature";

/** What the signature headers of other services mean here, the most specific first. */
const FOREIGN: readonly (readonly [header: string, hint: string])[] = [
  ["x-hub-signature", "X-Hub-Signature is SHA-1: X-Hub-Signature-256 is required"],
  [
    "x-shopify-hmac-sha256",
    "X-Shopify-Hmac-Sha256 is a header of Shopify: set WEBHOOK_SIGNATURE_HEADER=X-Shopify-Hmac-Sha256 to accept it",
  ],
  ["x-twilio-signature", "X-Twilio-Signature is a header of Twilio: /webhook/twilio must be its webhook URL"],
  ["stripe-signature", `Stripe-Signature is a header of Stripe, which signs a timestamp in front of the body: ${SIGN_HERE}`],
  ["x-slack-signature", `X-Slack-Signature is a header of Slack, which signs a version and a timestamp in front of the body: ${SIGN_HERE}`],
  ["x-gitlab-token", `X-Gitlab-Token is the secret itself, not a signature: ${SIGN_HERE}`],
  ["x-telegram-bot-api-secret-token", `X-Telegram-Bot-Api-Secret-Token is the secret itself, not a signature: ${SIGN_HERE}`],
];
const JWT = /^(?:Bearer +)?eyJ[\w-]*\.[\w-]+\.[\w-]*$/i;
const JWT_HEADERS: readonly string[] = ["authorization", "x-jwt-assertion", "x-signature-jwt", "x-webhook-token"];
/** How services usually name the header; longer names would only fill the log. */
const SIGNATURE_NAME = /^(?=.{1,64}$).*(?:signature|hmac)/;

/**
 * What to do about a delivery that is signed only with another service's header; undefined if the delivery has no such header.
 * Contains no part of a value.
 */
export function foreignHint(headers: SignatureHeaders): string | undefined {
  const known = FOREIGN.find(([header]) => headers[header] !== undefined)?.[1];
  if (known !== undefined) return known;
  const token = JWT_HEADERS.find((header) => JWT.test(String(headers[header] ?? "")));
  if (token !== undefined) return `the header ${token} has a JSON Web Token, which does not sign the body: ${SIGN_HERE}`;
  const name = Object.keys(headers).find((header) => headers[header] !== undefined && SIGNATURE_NAME.test(header));
  if (name === undefined) return undefined;
  return readHexOrBase64(headerText(headers[name]) ?? "", new Uint8Array(MAC_BYTES))
    ? `the header ${name} has the form of an HMAC-SHA256: set WEBHOOK_SIGNATURE_HEADER=${name} to accept it`
    : `the header ${name} is not the HMAC-SHA256 of the body in hex or base64: ${SIGN_HERE}`;
}
