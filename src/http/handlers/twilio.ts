import { Buffer } from "node:buffer";
import { TWIML_TYPE } from "../../api/media-types.ts";
import { REFUSALS } from "../../api/refusals.ts";
import type { MessageStore } from "../../core/store.ts";
import { readTwilio } from "../../senders/twilio.ts";
import type { VerifyTwilio } from "../../signature/twilio.ts";
import type { Handler } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";
import { limitDeliveries, refuseDelivery, refuseSignature } from "./deliveries.ts";
import { storeDelivery } from "./store-delivery.ts";

export interface TwilioIngestOptions {
  readonly store: Pick<MessageStore, "insertAll">;
  /** Undefined if Twilio is not configured. */
  readonly verifyTwilio: VerifyTwilio | undefined;
  readonly rateLimit: RateLimit;
}

/** TwiML that does nothing: without it Twilio would report an error, or send the body as a reply. */
const NOTHING_TO_DO = { body: "<Response/>", contentType: TWIML_TYPE };
/** Far more than Twilio sends. Without a limit, anybody could keep the service busy with reading and sorting a form. */
const MAX_PARAMETERS = 1000;
const AMPERSAND = 0x26;
const TOO_MANY = { ok: false, reason: "malformed", hint: `the form must have at most ${MAX_PARAMETERS} parameters` } as const;

/**
 * `POST /webhook/twilio`: rate limit, size, signature, storage, in this order; the first failure determines the response. The
 * signature covers the form, so the form is parsed before it is verified. 403 if Twilio is not configured.
 */
export function createTwilioIngest({ store, verifyTwilio, rateLimit }: TwilioIngestOptions): Handler {
  if (verifyTwilio === undefined) return () => refuse(REFUSALS.twilioUnset);
  return limitDeliveries(rateLimit, async (request) => {
    const body = await request.readBody();
    if (!body.ok) return refuseDelivery(body.error);

    if (parametersOf(body.value) > MAX_PARAMETERS) return refuseSignature(TOO_MANY);
    const form = new URLSearchParams(Buffer.from(body.value).toString());
    const { target, headers, receivedAtMs, erasure } = request;
    const verification = verifyTwilio({ target, form, headers });
    if (!verification.ok) return refuseSignature(verification);

    return storeDelivery(readTwilio(form, { receivedAtMs }), {
      store,
      receivedAtMs,
      erasure,
      signature: verification.secret,
      acknowledgement: NOTHING_TO_DO,
    });
  });
}

function parametersOf(body: Uint8Array): number {
  let parameters = 1;
  for (const byte of body) if (byte === AMPERSAND) parameters += 1;
  return parameters;
}
