import type { StoredMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { create } from "./dom.ts";
import { addressOf } from "./root.ts";
import { curlCommand } from "./try-request.ts";

/** Buttons that copy parts of a message. */
export interface CopyButtons {
  /** Undefined: there is nothing to copy. */
  use(message: StoredMessage | undefined): void;
}

/** Puts the buttons and a status line into `place`. */
export function createCopyButtons(place: HTMLElement, api: Pick<Api, "hasToken">): CopyButtons {
  const status = create("span", { role: "status", class: "quiet" });

  function button(label: string, content: string): HTMLButtonElement {
    const made = create("button", { type: "button" }, label);
    made.addEventListener("click", () => {
      navigator.clipboard.writeText(content).then(() => `${label}: copied`, () => "The browser does not allow it").then((words) => {
        status.textContent = words;
      });
    });
    return made;
  }

  return {
    use(message) {
      status.textContent = "";
      // Browsers have the clipboard on https and on this machine alone (W3C Secure Contexts).
      if (message === undefined || !isSecureContext) {
        place.replaceChildren();
        return;
      }
      const target = `/messages/${encodeURIComponent(message.message_id)}`;
      const curl = curlCommand({ method: "GET", target, headers: {}, needsToken: true, body: undefined }, api.hasToken());
      const link = addressOf(`/?message=${encodeURIComponent(message.message_id)}`);
      place.replaceChildren(
        button("Copy id", message.message_id), ...(message.text === null ? [] : [button("Copy text", message.text)]),
        button("Copy JSON", JSON.stringify(message, undefined, 2)), button("Copy curl", curl), button("Copy link", link), status,
      );
    },
  };
}
