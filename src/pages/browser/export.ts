import { readReason, type Api } from "./api.ts";
import { byId, create } from "./dom.ts";
import { toParameters, type Filters } from "./filters.ts";
import { addressOf } from "./root.ts";

/** Without a byte order mark, Excel assumes an older encoding. */
const FORMATS = { csv: "format=csv&bom=1", ndjson: "format=ndjson" } as const;

/** Sets up buttons that save all messages that match the present filters, as the API streams them. */
export function createExport(api: Api, filters: () => Filters): void {
  async function save(format: keyof typeof FORMATS): Promise<void> {
    const path = `/messages?${[String(toParameters(filters())), FORMATS[format]].filter((part) => part !== "").join("&")}`;
    // Without a token, the browser saves the stream itself. It cannot send a token with a download.
    if (!api.hasToken()) {
      download(addressOf(path), format);
      return;
    }
    const response = await api.open(path, {}, new AbortController().signal);
    if (!response.ok) throw new Error(await readReason(response));
    const url = URL.createObjectURL(await response.blob());
    download(url, format);
    URL.revokeObjectURL(url);
  }

  const notice = byId("export-notice", HTMLElement);
  for (const format of ["csv", "ndjson"] as const) {
    byId(`export-${format}`, HTMLButtonElement).addEventListener("click", () => {
      notice.hidden = true;
      save(format).catch((error: unknown) => {
        const isRefused = error instanceof Error && !(error instanceof TypeError);
        notice.textContent = `The messages were not saved: ${isRefused ? error.message : "the service cannot be reached"}`;
        notice.hidden = false;
      });
    });
  }
}

function download(url: string, format: string): void {
  create("a", { href: url, download: `messages.${format}` }).click();
}
