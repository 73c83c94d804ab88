import { createApi } from "./api.ts";
import { byId } from "./dom.ts";
import { createTokenShare } from "./token-share.ts";
import { createTryForm } from "./try-form.ts";

const api = createApi();
const share = createTokenShare({ api, onForget: () => useToken("") });
const form = byId("token-form", HTMLFormElement);
const input = byId("token-input", HTMLInputElement);
const forget = byId("token-forget", HTMLButtonElement);
const status = byId("token-status", HTMLElement);

function useToken(token: string): void {
  api.useToken(token);
  input.value = "";
  forget.hidden = token === "";
  status.textContent = token === "" ? "No token is used" : "The token is used";
}

// On a phone the list alone would fill the first screen; on a desktop it has its own column, so that nothing moves.
byId("contents", HTMLDetailsElement).open = matchMedia("(min-width: 64rem)").matches;
forget.hidden = !api.hasToken();
if (api.hasToken()) status.textContent = "The token is used";
else void share.request("").then((token) => token !== undefined && useToken(token));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = input.value.trim();
  if (token !== "") useToken(token);
});
forget.addEventListener("click", () => {
  share.forget();
  useToken("");
});
for (const element of document.querySelectorAll("form.try")) {
  if (element instanceof HTMLFormElement) createTryForm(element, api);
}
document.documentElement.dataset["ready"] = "true";
