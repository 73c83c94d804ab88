/** Movement between the rows of a list by key; the list is one stop of the Tab key (ARIA practices, roving tabindex). */
export interface RowKeys {
  /** Call it when rows were added or removed: exactly one row takes the Tab key. */
  refresh(): void;
}

/** How many rows Page Up and Page Down move. */
const LEAP = 10;

/** Lets the arrow keys, Home and End move between the rows of `list`. */
export function createRowKeys(list: HTMLUListElement): RowKeys {
  let current: HTMLElement | undefined;

  function setCurrent(button: HTMLElement | undefined): void {
    if (button === current) return;
    current?.setAttribute("tabindex", "-1");
    current = button;
    current?.setAttribute("tabindex", "0");
  }

  const buttonOf = (row: Element | null | undefined): HTMLElement | undefined =>
    row?.firstElementChild instanceof HTMLElement ? row.firstElementChild : undefined;

  function neighbour(row: Element, steps: number): Element {
    let found = row;
    for (let step = 0; step < Math.abs(steps); step += 1) {
      found = (steps > 0 ? found.nextElementSibling : found.previousElementSibling) ?? found;
    }
    return found;
  }

  const MOVES: Readonly<Record<string, (row: Element) => Element | null>> = {
    ArrowDown: (row) => neighbour(row, 1),
    ArrowUp: (row) => neighbour(row, -1),
    PageDown: (row) => neighbour(row, LEAP),
    PageUp: (row) => neighbour(row, -LEAP),
    Home: () => list.firstElementChild,
    End: () => list.lastElementChild,
  };

  list.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLElement) setCurrent(event.target);
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target instanceof HTMLElement ? event.target.parentElement : undefined;
    const move = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey ? undefined : MOVES[event.key];
    if (row?.parentElement !== list || move === undefined) return;
    event.preventDefault();
    const button = buttonOf(move(row));
    button?.focus();
    button?.scrollIntoView({ block: "nearest" });
  });

  return {
    refresh() {
      if (current?.isConnected !== true) setCurrent(buttonOf(list.firstElementChild));
    },
  };
}
