import type { StoredMessage } from "../../core/message.ts";
import type { Address } from "./address.ts";
import type { Api } from "./api.ts";
import { dialogById } from "./dialog.ts";
import { byId } from "./dom.ts";
import { createSearch } from "./filters.ts";
import { createMessageView } from "./message-view.ts";
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
  /** Opens or closes to match the address. */
  follow(): void;
}

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 };

/** Sets up the dialog of the page and its buttons. */
export function createDetail(options: DetailOptions): Detail {
  const { api, address } = options;
  const dialog = dialogById("detail");
  const view = createMessageView({
    api,
    times: options.times,
    search: () => createSearch(address.filters().q),
    onFilter(field, number) {
      dialog.close();
      options.onFilter(field, number);
    },
  });
  const buttons = [["detail-previous", -1], ["detail-next", 1]] as const;
  let shown: StoredMessage | undefined;
  let loading = new AbortController();

  function show(message: StoredMessage): void {
    shown = message;
    view.show(message);
    for (const [id, steps] of buttons) byId(id, HTMLButtonElement).disabled = options.neighbour(message, steps) === undefined;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function explain(reason: string): void {
    shown = undefined;
    view.explain(reason);
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

  for (const [id, steps] of buttons) byId(id, HTMLButtonElement).addEventListener("click", () => step(steps));
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
