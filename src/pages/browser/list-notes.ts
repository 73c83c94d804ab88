import { byId } from "./dom.ts";
import { countOf } from "./format.ts";
import { SHOWN } from "./list-state.ts";
import type { ListView } from "./message-list.ts";

export interface ListNotes {
  /** Says around the rows what the list is doing. */
  show(view: ListView): void;
}

export interface ListNotesOptions {
  readonly isFiltered: () => boolean;
  readonly onRetry: () => void;
}

/** What stands around the rows: their number, failures with a button, the pill of new messages, the words at the end. */
export function createListNotes({ isFiltered, onRetry }: ListNotesOptions): ListNotes {
  const count = byId("count", HTMLElement);
  const rows = byId("rows", HTMLUListElement);
  const newer = byId("newer", HTMLButtonElement);
  const end = byId("end", HTMLElement);
  const first = byId("first", HTMLElement);
  const places = { above: "notice", below: "cut" } as const;
  for (const id of Object.values(places)) byId(`${id}-retry`, HTMLButtonElement).addEventListener("click", onRetry);

  function endText(view: ListView): string {
    const shown = SHOWN[view.state];
    if (shown.end === "loading") return "Loading";
    if (shown.end === "nothing" || rows.childElementCount > 0) return "";
    return isFiltered() ? "No message matches these filters" : "No messages yet. They appear here as they arrive.";
  }

  return {
    show(view) {
      const { busy, failure, end: ending } = SHOWN[view.state];
      rows.setAttribute("aria-busy", String(busy));
      if (view.total !== undefined) count.textContent = countOf(view.total, "message");
      else if (!busy) count.textContent = "";
      for (const [place, id] of Object.entries(places)) {
        byId(id, HTMLElement).hidden = failure !== place;
        byId(`${id}-text`, HTMLElement).textContent = failure === place ? view.reason : "";
      }
      newer.hidden = view.newer === 0;
      newer.textContent = view.newer === undefined ? "↑ Show what came meanwhile" : `↑ ${countOf(view.newer, "new message")}`;
      end.textContent = endText(view);
      first.hidden = ending !== "outcome" || isFiltered() || rows.childElementCount > 0;
    },
  };
}
