import { FORM_TYPE } from "../api/media-types.ts";
import { contentOf, isInline } from "../api/references.ts";
import type { OperationObject, Parameter } from "../api/openapi.ts";
import { escapeHtml } from "./html.ts";

/**
 * The form that sends one request; `browser/docs.ts` shows and runs it. Fields for a secret or a token have no name, so that no
 * form can ever submit them.
 */
export function renderTryForm(routed: { readonly method: string; readonly path: string; readonly operation: OperationObject }): string {
  const { method, path, operation } = routed;
  const { operationId: id, requestBody } = operation;
  const schemes = operation.security.flatMap((requirement) => Object.keys(requirement));
  const signs = schemes.includes("signature");
  const parameters = operation.parameters.filter(isInline).filter(({ name }) => !(signs && /^(?:webhook|svix)-/.test(name)));
  const types = Object.entries(operation.responses).flatMap(([status, response]) => {
    return status === "200" && isInline(response) ? Object.keys(contentOf(response) ?? {}) : [];
  });
  const [[bodyType, { examples = {} }] = ["", {}]] = Object.entries(requestBody?.content ?? {});
  const [body] = Object.values(examples);
  const fields = [
    ...parameters.map((parameter) => parameterField(id, parameter)),
    ...(types.length > 1 && path !== "/assets/{name}" ? [acceptField(id, types)] : []),
    ...(requestBody === undefined ? [] : [bodyField(id, bodyType === FORM_TYPE ? formOf(body?.value) : JSON.stringify(body?.value))]),
    ...(signs ? [signingFields(id)] : []),
  ];
  const request = `data-method="${method}" data-path="${escapeHtml(path)}"${schemes.includes("token") ? " data-token" : ""}`;
  const action = signs ? "Sign and send" : "Send";
  return `<form class="try" id="${id}-try" ${request} aria-labelledby="${id}-try-title" novalidate>
<h4 id="${id}-try-title">Try it</h4>
${fields.join("\n")}
<div class="try-actions">
<button type="submit" class="primary">${action}<span class="spoken"> ${escapeHtml(`${method} ${path}`)}</span></button>
<button type="button" id="${id}-try-stop" hidden>Stop</button></div>
<p class="try-status" id="${id}-try-status" role="status"></p>
<div class="try-response" id="${id}-try-response" hidden></div>
</form>`;
}

function formOf(value: unknown): string {
  return String(new URLSearchParams(Object.entries(Object(value)).map(([name, field]) => [name, String(field)])));
}

function parameterField(id: string, { name, schema, required, examples = {}, ...parameter }: Parameter): string {
  const control = `${id}-${name.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const [example = { value: "" }] = Object.values(examples);
  const hint = schema.default === undefined ? String(example.value) : String(schema.default);
  const attributes = `id="${control}" data-name="${escapeHtml(name)}" data-in="${parameter.in}"${required ? " required" : ""}`;
  const content = `${required ? "value" : "placeholder"}="${escapeHtml(hint)}"`;
  const options = schema.enum?.map((value) => `<option>${escapeHtml(String(value))}</option>`).join("") ?? "";
  const input = options !== ""
    ? `<select ${attributes}>${required ? "" : "<option></option>"}${options}</select>`
    : `<input type="text" ${attributes} autocomplete="off" spellcheck="false" ${content}>`;
  return `<div class="field"><label for="${control}">${escapeHtml(name)}${required ? "" : " (optional)"}</label>${input}</div>`;
}

function acceptField(id: string, types: readonly string[]): string {
  const options = types.map((type) => `<option>${escapeHtml(type.replace(/; *charset=.*$/, ""))}</option>`).join("");
  return `<div class="field"><label for="${id}-accept">Accept</label>
<select id="${id}-accept" data-name="Accept" data-in="header"><option value="">any</option>${options}</select></div>`;
}

function bodyField(id: string, example: string): string {
  return `<div class="field wide"><label for="${id}-body">Body</label>
<textarea id="${id}-body" class="mono" data-in="body" rows="5" spellcheck="false">${escapeHtml(example)}</textarea></div>`;
}

function signingFields(id: string): string {
  return `<div class="field"><label for="${id}-way">Sign with</label><select id="${id}-way" class="way">
<option value="x-signature">X-Signature</option>
<option value="x-hub-signature-256">X-Hub-Signature-256</option>
<option value="standard">Standard Webhooks</option></select></div>
<div class="field"><label for="${id}-secret">Secret</label>
<input type="password" id="${id}-secret" class="secret" autocomplete="off" spellcheck="false" aria-describedby="${id}-secret-help">
<p class="quiet" id="${id}-secret-help">Used only in this page to sign: it is neither sent nor stored.</p></div>`;
}
