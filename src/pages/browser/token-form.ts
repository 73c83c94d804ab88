import type { Api } from "./api.ts";
import { byId } from "./dom.ts";

/** The form that takes the place of the inbox while the service wants a token. */
export interface TokenForm {
  ask(): void;
}

export function createTokenForm(api: Api, onToken: () => void): TokenForm {
  const section = byId("token", HTMLElement);
  const inbox = byId("inbox", HTMLElement);
  const form = byId("token-form", HTMLFormElement);
  const input = byId("token-input", HTMLInputElement);
  const error = byId("token-error", HTMLElement);
  const forget = byId("forget", HTMLButtonElement);
  forget.hidden = !api.hasToken();

  function ask(): void {
    // Each request that is refused asks; the first one knows whether there was a token.
    if (!section.hidden) return;
    error.textContent = api.hasToken() ? "The service does not accept this token" : "";
    api.useToken("");
    forget.hidden = true;
    inbox.hidden = true;
    section.hidden = false;
    input.value = "";
    input.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (token === "") return;
    api.useToken(token);
    input.value = "";
    section.hidden = true;
    inbox.hidden = false;
    forget.hidden = false;
    onToken();
  });
  // A new page: nothing of what the token let in stays in this one.
  forget.addEventListener("click", () => {
    api.useToken("");
    location.reload();
  });
  return { ask };
}
