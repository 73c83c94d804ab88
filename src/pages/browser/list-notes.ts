import { byId, create } from "./dom.ts";
import { isFiltered, type Filters } from "./filters.ts";
import { countOf } from "./format.ts";
import { DISPLAYS, type ListView } from "./list-state.ts";

export interface ListNotes {
  /** Describes the state of the list around its rows. */
  show(view: ListView): void;
  /** Call it when the known senders have changed. */
  refresh(): void;
}

export interface ListNotesOptions {
  readonly filters: () => Filters;
  /** The senders that are known. */
  readonly senders: () => readonly string[];
  readonly onSender: (number: string) => void;
  /** The reader wants to open the message with this id. */
  readonly onId: (id: string) => void;
  readonly onRetry: () => void;
}

/** The texts around the rows: the count, failures with a button, the button for new messages, the text at the end. */
export function createListNotes({ filters, senders, onSender, onId, onRetry }: ListNotesOptions): ListNotes {
  const count = byId("count", HTMLElement);
  const rows = byId("rows", HTMLUListElement);
  const newer = byId("newer", HTMLButtonElement);
  const end = byId("end", HTMLElement);
  const first = byId("first", HTMLElement);
  const noticeIds = { above: "notice", below: "cut" } as const;
  for (const id of Object.values(noticeIds)) byId(`${id}-retry`, HTMLButtonElement).addEventListener("click", onRetry);

  const suggestions = byId("suggestions", HTMLElement);

  function offer(label: string, act: () => void): HTMLButtonElement {
    const button = create("button", { type: "button" }, create("bdi", {}, label));
    button.addEventListener("click", act);
    return button;
  }

  /** Numbers are matched exactly, and ids are not searched: this suggests what the reader may have meant. */
  function suggest(): void {
    const { from, to, q } = filters();
    const found = from === "" ? [] : senders().filter((number) => number.startsWith(from) && number !== from);
    const hint = found.length > 0
      ? `The sender is matched exactly. These begin with ${from}:`
      : `The sender is matched exactly: ${from} must be the whole number.`;
    const id = q.trim();
    suggestions.replaceChildren(
      ...(from === "" ? [] : [create("span", {}, hint)]), ...found.map((number) => offer(number, () => onSender(number))),
      ...(to === "" ? [] : [create("span", {}, `The recipient is matched exactly: ${to} must be the whole number.`)]),
      ...(id === "" ? [] : [create("span", {}, "Is it the id of a message?"), offer(`Open ${id}`, () => onId(id))]),
    );
  }

  function endText(view: ListView): string {
    const { end: ending } = DISPLAYS[view.state];
    if (ending === "loading") return "Loading";
    if (ending === "nothing" || rows.childElementCount > 0) return "";
    return isFiltered(filters()) ? "No message matches these filters" : "No messages yet. They appear here as they arrive.";
  }

  return {
    refresh() {
      if (!suggestions.hidden) suggest();
    },
    show(view) {
      const { busy, failure, end: ending } = DISPLAYS[view.state];
      rows.setAttribute("aria-busy", String(busy));
      if (view.total !== undefined) count.textContent = countOf(view.total, "message");
      else if (!busy) count.textContent = "";
      for (const [position, id] of Object.entries(noticeIds)) {
        byId(id, HTMLElement).hidden = failure !== position;
        byId(`${id}-text`, HTMLElement).textContent = failure === position ? view.reason : "";
      }
      newer.hidden = view.newer === 0;
      newer.textContent = view.newer === undefined ? "↑ Show new messages" : `↑ ${countOf(view.newer, "new message")}`;
      end.textContent = endText(view);
      suggestions.hidden = ending !== "outcome" || rows.childElementCount > 0;
      if (!suggestions.hidden) suggest();
      first.hidden = ending !== "outcome" || isFiltered(filters()) || rows.childElementCount > 0;
    },
  };
}
