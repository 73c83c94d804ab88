import type { StoredMessage } from "../../core/message.ts";
import { byId, create } from "./dom.ts";
import { formatExactly } from "./format.ts";

export interface DetailOptions {
  /** The reader wants the messages of this sender or to this recipient alone. */
  readonly onFilter: (field: "from" | "to", number: string) => void;
}

/** The dialog with all of one message. */
export interface Detail {
  open(message: StoredMessage): void;
}

export function createDetail(options: DetailOptions): Detail {
  const dialog = byId("detail", HTMLDialogElement);
  const fields = byId("detail-fields", HTMLDListElement);
  const text = byId("detail-text", HTMLElement);
  byId("detail-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  // A click beside the dialog hits the dialog element itself; what is inside lies in its only child.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  function party(field: "from" | "to", number: string, label: string): HTMLElement {
    const button = create("button", { type: "button", class: "plain" }, label);
    button.addEventListener("click", () => {
      dialog.close();
      options.onFilter(field, number);
    });
    return create("dd", {}, create("bdi", {}, number), button);
  }

  function time(ts: string): HTMLElement {
    return create("dd", {}, create("time", { datetime: ts }, formatExactly(ts)), create("span", { class: "quiet mono" }, ts));
  }

  return {
    open(message) {
      fields.replaceChildren(
        create("dt", {}, "From"), party("from", message.from, "Only this sender"),
        create("dt", {}, "To"), party("to", message.to, "Only this recipient"),
        create("dt", {}, "Sent"), time(message.ts),
        create("dt", {}, "Stored"), time(message.created_at),
        create("dt", {}, "Id"), create("dd", { class: "mono" }, create("bdi", {}, message.message_id)),
      );
      text.textContent = message.text ?? "no text";
      text.classList.toggle("quiet", message.text === null);
      dialog.showModal();
      dialog.scrollTop = 0;
    },
  };
}
