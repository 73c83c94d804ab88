import { createHmac } from "node:crypto";
import type { TestResponse, TestApp } from "./app.ts";

export const TWILIO_ENV = { TWILIO_AUTH_TOKEN: "t", PUBLIC_URL: "https://a.example" };
export const SMS = { MessageSid: "SM1", From: "+14155550101", To: "+14155550100", Body: "Hello" };

/** Posts a form like Twilio, signed for `TWILIO_ENV`. */
export function postTwilio(
  app: TestApp,
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
  target = "/webhook/twilio",
): Promise<TestResponse> {
  const { TWILIO_AUTH_TOKEN, PUBLIC_URL } = TWILIO_ENV;
  const parameters = Object.keys(fields)
    .toSorted()
    .map((name) => name + fields[name])
    .join("");
  const signature = createHmac("sha1", TWILIO_AUTH_TOKEN)
    .update(PUBLIC_URL + target + parameters)
    .digest("base64");
  const body = new URLSearchParams(fields).toString();
  return app.request(target, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature, ...headers },
  });
}
