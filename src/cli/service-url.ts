import type { Outcome } from "../core/outcome.ts";
import { isSet, optional, readSetting, type Environment, type Setting } from "../setting.ts";

const RULE = "must be an http or https URL without query or fragment, such as http://127.0.0.1:8000";

const SERVICE_URL: Setting<URL | undefined> = {
  name: "WEBHOOK_INBOX_URL",
  parse: optional(parseServiceUrl),
  default: "",
  doc: "the URL of the service",
};

/** Parses the URL of the service. A refusal is the rule alone, without the name of an option or a variable. */
export function parseServiceUrl(text: string): Outcome<URL, string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || /[?#]/.test(text)) return { ok: false, error: RULE };
  return { ok: true, value: url };
}

/** `WEBHOOK_INBOX_URL`; otherwise localhost at `PORT`, or at 8000. A refusal is a line that begins with the variable's name. */
export function loadServiceUrl(env: Environment): Outcome<URL, string> {
  const given = readSetting(env, SERVICE_URL);
  if (!given.ok) return given;
  if (given.value !== undefined) return { ok: true, value: given.value };
  const port = isSet(env, { name: "PORT" }) ? env["PORT"] ?? "" : "8000";
  if (/^[0-9]+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) {
    return { ok: true, value: new URL(`http://127.0.0.1:${Number(port)}`) };
  }
  return { ok: false, error: "PORT: must be the number of the port that the service listens on, unless WEBHOOK_INBOX_URL is set" };
}
