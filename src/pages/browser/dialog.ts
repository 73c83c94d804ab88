import { byId } from "./dom.ts";

/** The dialog of the page with this id. The button whose id ends with `-close` closes it, and so does a click beside the dialog. */
export function dialogById(id: string): HTMLDialogElement {
  const dialog = byId(id, HTMLDialogElement);
  byId(`${id}-close`, HTMLButtonElement).addEventListener("click", () => dialog.close());
  // A click beside the dialog hits the dialog element itself; its content is in its only child.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
