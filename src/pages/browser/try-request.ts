import { addressOf } from "./root.ts";
import { signatureHeaders, toBytes, type SigningWay } from "./sign.ts";

/** The request of a form, ready to be sent. */
export interface TryRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Does not include the token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly needsToken: boolean;
  readonly body: string | undefined;
}

export type Composed = { readonly kind: "request"; readonly request: TryRequest } | { readonly kind: "refused"; readonly message: string };

const WAYS: readonly SigningWay[] = ["x-signature", "x-hub-signature-256", "standard"];

/** Reads a form's fields by their `data-in`; signs the body if the form has a secret. */
export async function composeRequest(form: HTMLFormElement): Promise<Composed> {
  const { method = "GET", path = "" } = form.dataset;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let target = path;
  let body: string | undefined;
  for (const control of form.querySelectorAll("input, select, textarea")) {
    if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement)) continue;
    const { value, dataset: { in: location, name = "" } } = control;
    if (location === "body") body = value;
    else if (location === "path" && value === "") return { kind: "refused", message: `${name} must be given` };
    else if (location === "path") target = target.replace(`{${name}}`, encodeURIComponent(value));
    else if (location === "query" && value !== "") query.set(name, value);
    else if (location === "header" && value !== "") headers[name] = value;
  }
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const secret = form.querySelector("input.secret");
  if (secret instanceof HTMLInputElement) {
    const chosen = form.querySelector<HTMLSelectElement>("select.way")?.value;
    const signed = await signatureHeaders(WAYS.find((way) => way === chosen) ?? "x-signature", secret.value, toBytes(body ?? ""));
    if (signed.kind === "refused") return signed;
    Object.assign(headers, signed.headers);
  }
  if (query.size > 0) target += `?${query.toString()}`;
  return { kind: "request", request: { method, target, headers, needsToken: form.dataset["token"] !== undefined, body } };
}

/** The same request for a shell; the token is a variable. */
export function curlCommand({ method, target, headers, needsToken, body }: TryRequest, withToken: boolean): string {
  const parts = ["curl", ...(method === "GET" ? [] : ["-X", method]), quote(addressOf(target))];
  for (const [name, value] of Object.entries(headers)) parts.push("-H", quote(`${name}: ${value}`));
  if (needsToken && withToken) parts.push("-H", '"Authorization: Bearer $API_TOKEN"');
  if (body !== undefined) parts.push("--data-binary", quote(body));
  return parts.join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
