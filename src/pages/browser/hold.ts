/**
 * Why the rows must not change: a message is being read, text is selected, a row is about to be clicked, nobody sees the page,
 * or the reader paused the list.
 */
export type HoldReason = "detail" | "selection" | "pointer" | "focus" | "pause" | "hidden";

export interface Hold {
  isHeld(): boolean;
  set(reason: HoldReason, on: boolean): void;
}

export interface HoldOptions {
  readonly list: HTMLUListElement;
  readonly dialog: HTMLDialogElement;
  /** Called when the last reason is gone. */
  readonly onRelease: () => void;
}

/** Watches for reasons to hold back arrivals. */
export function createHold({ list, dialog, onRelease }: HoldOptions): Hold {
  const reasons = new Set<HoldReason>();

  function set(reason: HoldReason, on: boolean): void {
    if (reasons.has(reason) === on) return;
    if (on) reasons.add(reason);
    else reasons.delete(reason);
    if (reasons.size === 0) onRelease();
  }

  list.addEventListener("pointerenter", () => set("pointer", true));
  list.addEventListener("pointerleave", () => set("pointer", false));
  list.addEventListener("focusin", () => set("focus", true));
  list.addEventListener("focusout", ({ relatedTarget }) => set("focus", relatedTarget instanceof Node && list.contains(relatedTarget)));
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    set("selection", selection !== null && !selection.isCollapsed && list.contains(selection.anchorNode));
  });
  new MutationObserver(() => set("detail", dialog.open)).observe(dialog, { attributeFilter: ["open"] });
  return { isHeld: () => reasons.size > 0, set };
}
