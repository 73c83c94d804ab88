import type { StoredMessage } from "../../core/message.ts";
import type { Address } from "./address.ts";
import type { Api } from "./api.ts";
import { createCopyButtons } from "./copy.ts";
import { byId, create } from "./dom.ts";
import { createSearch } from "./filters.ts";
import { markAll } from "./mark.ts";
import { createFlag, isAhead } from "./message-row.ts";
import type { Times } from "./times.ts";

export interface DetailOptions {
  readonly api: Api;
  readonly address: Address;
  readonly times: Pick<Times, "create">;
  /** The reader wants only messages of this sender, or to this recipient. */
  readonly onFilter: (field: "from" | "to", number: string) => void;
  /** The message this many rows further down; undefined if there is none. */
  readonly neighbour: (message: StoredMessage, steps: number) => StoredMessage | undefined;
}

/** The dialog that shows one whole message. It is open while the address names a message. */
export interface Detail {
  open(message: StoredMessage): void;
  /** Opens or closes as the address says. */
  follow(): void;
}

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 };

/** Sets up the dialog of the page and its buttons. */
export function createDetail(options: DetailOptions): Detail {
  const { api, address } = options;
  const dialog = byId("detail", HTMLDialogElement);
  const fields = byId("detail-fields", HTMLDListElement);
  const text = byId("detail-text", HTMLElement);
  const copy = createCopyButtons(byId("detail-copy", HTMLElement), api);
  const buttons = [["detail-previous", -1], ["detail-next", 1]] as const;
  let shown: StoredMessage | undefined;
  let loading = new AbortController();

  function party(field: "from" | "to", number: string, label: string): HTMLElement {
    const button = create("button", { type: "button", class: "plain" }, label);
    button.addEventListener("click", () => {
      dialog.close();
      options.onFilter(field, number);
    });
    return create("dd", {}, create("bdi", {}, number), button);
  }

  function time(ts: string, ...others: readonly HTMLElement[]): HTMLElement {
    return create("dd", {}, options.times.create(ts, "exact"), ...others, create("span", { class: "quiet mono" }, ts));
  }

  function show(message: StoredMessage): void {
    shown = message;
    fields.replaceChildren(
      create("dt", {}, "From"), party("from", message.from, "Only this sender"),
      create("dt", {}, "To"), party("to", message.to, "Only this recipient"),
      create("dt", {}, "Sent"), time(message.ts, ...(isAhead(message) ? [createFlag()] : [])),
      create("dt", {}, "Stored"), time(message.created_at),
      create("dt", {}, "Id"), create("dd", { class: "mono" }, create("bdi", {}, message.message_id)),
    );
    text.replaceChildren(...markAll(asJson(message.text) ?? message.text ?? "no text", createSearch(address.filters().q)));
    text.classList.toggle("quiet", message.text === null);
    text.classList.toggle("mono", asJson(message.text) !== undefined);
    copy.use(message);
    for (const [id, steps] of buttons) byId(id, HTMLButtonElement).disabled = options.neighbour(message, steps) === undefined;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function explain(reason: string): void {
    shown = undefined;
    fields.replaceChildren();
    copy.use(undefined);
    text.textContent = reason;
    text.classList.add("quiet");
    for (const [id] of buttons) byId(id, HTMLButtonElement).disabled = true;
    if (!dialog.open) dialog.showModal();
  }

  async function find(id: string): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const response = await api.get<StoredMessage>(`/messages/${encodeURIComponent(id)}`, loading.signal);
    if (response.kind === "ok") show(response.value);
    else if (response.kind === "failed") explain(response.message === "not found" ? `No message has the id ${id}` : response.message);
  }

  function step(steps: number): void {
    const message = shown === undefined ? undefined : options.neighbour(shown, steps);
    if (message !== undefined) open(message);
  }

  function open(message: StoredMessage): void {
    address.openMessage(message.message_id);
    show(message);
  }

  byId("detail-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  for (const [id, steps] of buttons) byId(id, HTMLButtonElement).addEventListener("click", () => step(steps));
  // A click beside the dialog hits the dialog element itself; its content is in its only child.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    // The event is emitted after the close: another message may be open by then.
    if (!dialog.open) address.closeMessage();
  });
  dialog.addEventListener("keydown", (event) => {
    const steps = event.ctrlKey || event.metaKey || event.altKey ? undefined : STEPS[event.key];
    if (steps !== undefined) step(steps);
  });

  return {
    open,
    follow() {
      const id = address.message();
      if (id === undefined) dialog.close();
      else if (id !== shown?.message_id || !dialog.open) void find(id);
    },
  };
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
