import type { Api } from "./api.ts";
import { byId, create } from "./dom.ts";
import { addressOf } from "./root.ts";
import { composeRequest, curlCommand, type TryRequest } from "./try-request.ts";
import { createTryDelivery } from "./try-delivery.ts";
import { toBytes } from "./sign.ts";

/** How much of a response is shown; the rest is not read, so an endless stream ends there. */
const SHOWN_CHARACTERS = 256 * 1024;

const DELIVERY = "deliverMessage-try";

/** Makes a form of the page send its request and show the response, chunk by chunk. */
export function createTryForm(form: HTMLFormElement, api: Api): void {
  const status = byId(`${form.id}-status`, HTMLElement);
  const output = byId(`${form.id}-response`, HTMLElement);
  const stop = byId(`${form.id}-stop`, HTMLButtonElement);
  const body = form.querySelector("textarea");
  const delivery = form.id === DELIVERY && body !== null ? createTryDelivery(body, api) : undefined;
  let running: AbortController | undefined;
  delivery?.renew();

  async function run(controller: AbortController): Promise<string> {
    const composed = await composeRequest(form);
    if (composed.kind === "refused") return composed.message;
    const { request } = composed;
    const describe = await delivery?.prepare(controller.signal);
    const startedAt = performance.now();
    const response = await send(request, api, controller.signal);
    const tookMs = Math.round(performance.now() - startedAt);
    const meaning = describe === undefined ? "" : `: ${describe(response.status)}`;
    const outcome = `${response.status} ${response.statusText}, ${tookMs} ms${meaning}`;
    if (running !== controller) return outcome;
    status.textContent = outcome;
    await show(response, curlCommand(request, api.hasToken()));
    if (response.status === 200 && delivery !== undefined) output.prepend(delivery.link());
    if (running === controller) delivery?.renew();
    return outcome;
  }

  async function show(response: Response, curl: string): Promise<void> {
    const body = create("pre", { class: "try-body", tabindex: "0", "aria-label": "Body" });
    const headers = Array.from(response.headers, ([name, value]) => `${name}: ${value}`).join("\n");
    output.replaceChildren(
      create("p", { class: "label" }, "Body"), body,
      create("p", { class: "label" }, "Headers"), create("pre", { class: "try-headers", tabindex: "0", "aria-label": "Headers" }, headers),
      create("p", { class: "label" }, "The same with curl"),
      create("pre", { class: "try-curl", tabindex: "0", "aria-label": "The same with curl" }, curl),
    );
    output.hidden = false;
    const text = await readInto(body, response);
    if (response.headers.get("content-type") === "application/json") body.textContent = indented(text);
    if (text === "") body.textContent = "(empty)";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    running?.abort();
    const controller = new AbortController();
    running = controller;
    output.hidden = true;
    status.textContent = "Sending";
    stop.hidden = false;
    run(controller)
      .catch(() => (controller.signal.aborted ? "Stopped" : "The service cannot be reached"))
      .then((outcome) => {
        if (running !== controller) return;
        if (status.textContent !== outcome) status.textContent = outcome;
        stop.hidden = true;
      });
  });
  stop.addEventListener("click", () => running?.abort());
}

function send(request: TryRequest, api: Api, signal: AbortSignal): Promise<Response> {
  const { method, target, headers, needsToken, body } = request;
  if (needsToken) return api.open(target, headers, signal);
  return fetch(addressOf(target), { method, headers, signal, cache: "no-store", ...(body !== undefined && { body: toBytes(body) }) });
}

/** Returns the part of the body that was shown. */
async function readInto(element: HTMLElement, response: Response): Promise<string> {
  const node = document.createTextNode("");
  element.append(node);
  if (response.body === null) return "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    node.appendData(chunk.slice(0, SHOWN_CHARACTERS - node.length));
    if (node.length >= SHOWN_CHARACTERS) {
      element.append("\n… the rest is not shown");
      break;
    }
  }
  return node.data;
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
