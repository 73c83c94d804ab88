import type { Api } from "./api.ts";
import { create } from "./dom.ts";
import { addressOf } from "./root.ts";

/** The special parts of the form that delivers a message: a new message for each request, and the outcome in words. */
export interface TryDelivery {
  /** Gives the body a new id and the present time, unless the reader has changed them. */
  renew(): void;
  /** Call it before the request. Call its result with the status after the request: it describes what happened to the message. */
  prepare(signal: AbortSignal): Promise<(status: number) => string>;
  /** A link to the message of the last request. */
  link(): HTMLElement;
}

const TEN_BYTES = 10;

/** Sets up the field with the body of the delivery. */
export function createTryDelivery(body: HTMLTextAreaElement, api: Api): TryDelivery {
  let own = fieldsOf(body.value);

  return {
    renew() {
      const { message_id: id, ts } = fieldsOf(body.value);
      const changes = {
        ...(id !== undefined && id === own.message_id && { message_id: `try-${randomHex()}` }),
        ...(ts !== undefined && ts === own.ts && { ts: new Date().toISOString() }),
      };
      if (Object.keys(changes).length === 0) return;
      body.value = JSON.stringify({ ...JSON.parse(body.value), ...changes });
      own = { ...own, ...changes };
    },
    async prepare(signal) {
      const { message_id: id = "" } = fieldsOf(body.value);
      const stored = id === "" ? undefined : await api.open(`/messages/${encodeURIComponent(id)}`, { Accept: "application/json" }, signal);
      const before = stored?.status;
      return (status) => {
        if (status === 401) return "refused because the signature is invalid: check the secret";
        if (status === 422) return "refused because of the fields named below";
        if (status !== 200) return "not stored";
        if (before === 404) return "stored";
        return before === 200
          ? "a repeat: the message was already stored, and is unchanged"
          : "accepted; enter the API token to see whether it is a repeat";
      };
    },
    link() {
      const { message_id: id = "" } = fieldsOf(body.value);
      const link = create("a", { href: addressOf(`/?message=${encodeURIComponent(id)}`) }, "Show the message");
      return create("p", { class: "try-link" }, link);
    },
  };
}

interface Fields {
  readonly message_id?: string;
  readonly ts?: string;
}

function fieldsOf(json: string): Fields {
  try {
    const { message_id: id, ts } = Object(JSON.parse(json));
    return { ...(typeof id === "string" && { message_id: id }), ...(typeof ts === "string" && { ts }) };
  } catch {
    return {};
  }
}

/** `crypto.randomUUID` exists only in secure contexts. */
function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(TEN_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
