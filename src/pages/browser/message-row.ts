import type { StoredMessage } from "../../core/message.ts";
import { create } from "./dom.ts";
import { markAll } from "./mark.ts";
import type { Times } from "./times.ts";

/** How much of a text a row contains, in code units; it shows less, and the detail shows all. */
const EXCERPT_LENGTH = 240;
/** How much text is shown before a match further inside the text. */
const LEAD_LENGTH = 30;

/** How long a mouse click waits for a second one. Slower double clicks look like two separate clicks. */
const SECOND_CLICK_MS = 250;

export interface RowOptions {
  /** What the texts were searched for. */
  readonly search: RegExp | undefined;
  readonly times: Pick<Times, "create">;
  /** The time that the row shows. */
  readonly ts: string;
  readonly onOpen: () => void;
}

/** A row of the list: a button that opens the message. Not a `button` element, whose text cannot be selected. */
export function createRow(message: StoredMessage, { search, times, ts, onOpen }: RowOptions): HTMLLIElement {
  const row = create(
    "div",
    { role: "button", class: "row", tabindex: "-1" },
    create("span", { class: "when" }, times.create(ts, "short"), ...(isAhead(message) ? [" ", createFlag()] : [])),
    create("span", { class: "parties" }, create("bdi", { class: "from" }, message.from),
      create("span", { class: "arrow", "aria-hidden": "true" }, " → "),
      create("span", { class: "spoken" }, " to "), create("bdi", {}, message.to)),
    createExcerpt(message.text, search),
  );
  let opening: number | undefined;
  function open(): void {
    clearTimeout(opening);
    onOpen();
  }
  row.addEventListener("click", ({ detail: clicks, pointerType }) => {
    clearTimeout(opening);
    // Clicks that end a selection, or select a word, do not open the message. A click by a script has the count 0.
    if (clicks > 1 || (clicks === 1 && getSelection()?.isCollapsed === false)) return;
    if (pointerType === "mouse" && clicks === 1) opening = setTimeout(open, SECOND_CLICK_MS);
    else open();
  });
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open();
  });
  return create("li", {}, row);
}

/** How far a sender's clock may be ahead without a flag. */
export const AHEAD_MS: number = 5 * 60_000;

/** Whether the message is dated later than it was received. */
export function isAhead({ ts, created_at: receivedAt }: Pick<StoredMessage, "ts" | "created_at">): boolean {
  return Date.parse(ts) - Date.parse(receivedAt) > AHEAD_MS;
}

/** A flag for a message that is dated later than it was received. */
export function createFlag(): HTMLElement {
  return create("span", { class: "flag", title: "Dated later than it was received" }, "future date");
}

function createExcerpt(text: string | null, search: RegExp | undefined): HTMLSpanElement {
  if (text === null || text === "") return create("span", { class: "text quiet" }, text === null ? "no text" : "empty text");
  // Line breaks are shown as spaces, so nothing of such a text would be visible.
  if (text.trim() === "") return create("span", { class: "text quiet" }, "only spaces and line breaks");
  const found = search?.exec(text) ?? undefined;
  const start = found === undefined || found.index <= 2 * LEAD_LENGTH ? 0 : wholeFrom(text, found.index - LEAD_LENGTH);
  const end = wholeFrom(text, start + EXCERPT_LENGTH);
  const lead = start > 0 ? "…" : "";
  const tail = end < text.length ? "…" : "";
  const span = create("span", { class: "text", dir: "auto" });
  const isCut = found !== undefined && found.index + found[0].length > end;
  if (isCut) span.append(lead, text.slice(start, found.index), create("mark", {}, text.slice(found.index, end)), tail);
  else span.append(lead, ...markAll(text.slice(start, end), search), tail);
  return span;
}

/** The index, or the next one if it is inside a surrogate pair. */
function wholeFrom(text: string, index: number): number {
  return /^[\uDC00-\uDFFF]/.test(text.slice(index, index + 1)) ? index + 1 : index;
}
