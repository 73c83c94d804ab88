import { dialogById } from "./dialog.ts";
import { byId } from "./dom.ts";

/** Keys that work wherever the focus is, except in a field: `/` goes to the search, `?` lists the keys. */
export function createShortcuts(search: HTMLInputElement): void {
  const help = dialogById("help");

  function showHelp(): void {
    if (!help.open) help.showModal();
  }

  const actions: Readonly<Record<string, () => void>> = { "/": () => search.focus(), "?": showHelp };
  document.addEventListener("keydown", (event) => {
    const isOther = event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement;
    const action = isOther ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  byId("show-help", HTMLButtonElement).addEventListener("click", showHelp);
}
