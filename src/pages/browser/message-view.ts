import type { StoredMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { createCopyButtons } from "./copy.ts";
import { byId, create } from "./dom.ts";
import { markAll } from "./mark.ts";
import { createFlag, isAhead } from "./message-row.ts";
import type { Times } from "./times.ts";

export interface MessageViewOptions {
  readonly api: Api;
  readonly times: Pick<Times, "create">;
  /** What is marked in the text. */
  readonly search: () => RegExp | undefined;
  /** The reader wants only messages of this sender, or to this recipient. */
  readonly onFilter: (field: "from" | "to", number: string) => void;
}

/** The fields and the whole text of one message, with buttons to copy them. */
export interface MessageView {
  show(message: StoredMessage): void;
  /** Shows why there is no message. */
  explain(reason: string): void;
}

/** Sets up the view with the elements of the dialog. */
export function createMessageView(options: MessageViewOptions): MessageView {
  const fields = byId("detail-fields", HTMLDListElement);
  const text = byId("detail-text", HTMLElement);
  const copy = createCopyButtons(byId("detail-copy", HTMLElement), options.api);
  return {
    show(message) {
      fields.replaceChildren(...fieldsOf(message, options));
      text.replaceChildren(...markAll(asJson(message.text) ?? message.text ?? "no text", options.search()));
      text.classList.toggle("quiet", message.text === null);
      text.classList.toggle("mono", asJson(message.text) !== undefined);
      copy.use(message);
    },
    explain(reason) {
      fields.replaceChildren();
      copy.use(undefined);
      text.textContent = reason;
      text.classList.add("quiet");
    },
  };
}

/** The names and values of a message's fields, for a list of them. */
function fieldsOf(message: StoredMessage, { times, onFilter }: Pick<MessageViewOptions, "times" | "onFilter">): readonly HTMLElement[] {
  function party(field: "from" | "to", number: string, label: string): HTMLElement {
    const button = create("button", { type: "button", class: "plain" }, label);
    button.addEventListener("click", () => onFilter(field, number));
    return create("dd", {}, create("bdi", {}, number), button);
  }

  function time(ts: string, ...others: readonly HTMLElement[]): HTMLElement {
    return create("dd", {}, times.create(ts, "exact"), ...others, create("span", { class: "quiet mono" }, ts));
  }

  return [
    create("dt", {}, "From"), party("from", message.from, "Only this sender"),
    create("dt", {}, "To"), party("to", message.to, "Only this recipient"),
    create("dt", {}, "Sent"), time(message.ts, ...(isAhead(message) ? [createFlag()] : [])),
    create("dt", {}, "Stored"), time(message.created_at),
    create("dt", {}, "Id"), create("dd", { class: "mono" }, create("bdi", {}, message.message_id)),
  ];
}

/** A text that is a JSON object or list, indented; undefined for any other. */
function asJson(text: string | null): string | undefined {
  if (text === null || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}
