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

/** Browsers have the clipboard only on https and on localhost (W3C Secure Contexts); elsewhere this copies a selection. */
async function copy(content: string, container: HTMLElement): Promise<void> {
  if (isSecureContext) {
    await navigator.clipboard.writeText(content);
    return;
  }
  const focused = document.activeElement;
  const field = create("textarea", { class: "spoken", tabindex: "-1", "aria-hidden": "true" }, content);
  container.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error("Cannot copy: the browser must allow it");
}

/** Puts the buttons and a status line into `container`. */
export function createCopyButtons(container: HTMLElement, api: Pick<Api, "hasToken">): CopyButtons {
  const status = create("span", { role: "status", class: "quiet" });

  function button(label: string, content: string): HTMLButtonElement {
    const made = create("button", { type: "button" }, label);
    made.addEventListener("click", () => {
      copy(content, container).then(() => `${label}: copied`, () => "The browser does not allow copying").then((text) => {
        status.textContent = text;
      });
    });
    return made;
  }

  return {
    use(message) {
      status.textContent = "";
      if (message === undefined) {
        container.replaceChildren();
        return;
      }
      const target = `/messages/${encodeURIComponent(message.message_id)}`;
      const curl = curlCommand({ method: "GET", target, headers: {}, needsToken: true, body: undefined }, api.hasToken());
      const link = addressOf(`/?message=${encodeURIComponent(message.message_id)}`);
      container.replaceChildren(
        button("Copy id", message.message_id), ...(message.text === null ? [] : [button("Copy text", message.text)]),
        button("Copy JSON", JSON.stringify(message, undefined, 2)), button("Copy curl", curl), button("Copy link", link), status,
      );
    },
  };
}
