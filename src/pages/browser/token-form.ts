import type { Api } from "./api.ts";
import { byId } from "./dom.ts";
import { createTokenShare } from "./token-share.ts";

/** The form that replaces the inbox while the service requires a token that no window of the browser has. */
export interface TokenForm {
  show(): void;
  /** The service has accepted the token. */
  accepted(): void;
}

/** Sets up the form of the page; `onToken` is called once the reader has given a token. */
export function createTokenForm(api: Api, onToken: () => void): TokenForm {
  const section = byId("token", HTMLElement);
  const inbox = byId("inbox", HTMLElement);
  const form = byId("token-form", HTMLFormElement);
  const input = byId("token-input", HTMLInputElement);
  const error = byId("token-error", HTMLElement);
  const forget = byId("forget", HTMLButtonElement);
  forget.hidden = !api.hasToken();

  function use(token: string): void {
    api.useToken(token);
    input.value = "";
    section.hidden = true;
    inbox.hidden = false;
    forget.hidden = false;
    onToken();
  }

  const share = createTokenShare({
    api,
    onToken(token) {
      if (!section.hidden) use(token);
    },
    onForget: () => location.reload(),
  });

  async function show(): Promise<void> {
    // Every request that is refused calls this; the first call already drops the token and hides the inbox.
    if (inbox.hidden) return;
    const refused = api.token();
    api.useToken("");
    inbox.hidden = true;
    forget.hidden = true;
    const other = await share.request(refused);
    if (other !== undefined) {
      use(other);
      return;
    }
    error.textContent = refused === "" ? "" : "The service does not accept this token";
    section.hidden = false;
    input.value = "";
    input.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (token !== "") use(token);
  });
  // Loads a new page: no content that the token gave access to stays in this one.
  forget.addEventListener("click", () => {
    share.forget();
    location.reload();
  });
  return {
    show: () => void show(),
    accepted() {
      if (api.hasToken()) share.accepted();
    },
  };
}
