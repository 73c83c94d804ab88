import type { StoredMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { create } from "./dom.ts";
import { addressOf } from "./root.ts";
import { curlCommand } from "./try-request.ts";

/** Buttons that copy parts of a message. */
export interface CopyButtons {
  /** Undefined if there is nothing to copy. */
  use(message: StoredMessage | undefined): void;
}

/** Browsers have the clipboard on https and on this machine alone (W3C Secure Contexts); elsewhere they copy what is selected. */
async function copy(content: string, place: HTMLElement): Promise<void> {
  if (isSecureContext) {
    await navigator.clipboard.writeText(content);
    return;
  }
  const focused = document.activeElement;
  const field = create("textarea", { class: "spoken", tabindex: "-1", "aria-hidden": "true" }, content);
  place.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error("Cannot copy: the browser must allow it");
}

/** Puts the buttons and a status line into `place`. */
export function createCopyButtons(place: HTMLElement, api: Pick<Api, "hasToken">): CopyButtons {
  const status = create("span", { role: "status", class: "quiet" });

  function button(label: string, content: string): HTMLButtonElement {
    const made = create("button", { type: "button" }, label);
    made.addEventListener("click", () => {
      copy(content, place).then(() => `${label}: copied`, () => "The browser does not allow it").then((words) => {
        status.textContent = words;
      });
    });
    return made;
  }

  return {
    use(message) {
      status.textContent = "";
      if (message === undefined) {
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
