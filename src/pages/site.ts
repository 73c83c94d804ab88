import type { OpenApiDocument } from "../api/openapi.ts";
import type { PageName, Site } from "../core/site.ts";
import { createAssets, type Assets } from "./assets.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { renderDocs } from "./docs.ts";
import { renderInbox } from "./inbox.ts";
import { INBOX_STYLE } from "./inbox-style.ts";
import { ICON, STYLE, WITHOUT_SCRIPT_STYLE } from "./style.ts";

interface Built {
  /** `isBelow`: whether the requested path ends with a slash. */
  readonly pages: Readonly<Record<PageName, (isBelow: boolean) => string>>;
  readonly assets: Assets;
}

/** The pages of the service. They are built on the first request for one of them. */
export function createSite(document: OpenApiDocument): Site {
  let built: Built | undefined;
  const site = (): Built => (built ??= build(document));
  return { page: (name, options) => site().pages[name](options?.isBelow === true), asset: (name) => site().assets.get(name) };
}

function build(document: OpenApiDocument): Built {
  const assets = createAssets();
  const css = "text/css; charset=utf-8";
  // One file per page: each further request is a round trip before the first row appears.
  const addStyle = (name: string, own: string): string => assets.add(`${name}.css`, { contentType: css, body: STYLE + own });
  const withoutScriptPath = assets.add("without-script.css", { contentType: css, body: WITHOUT_SCRIPT_STYLE });
  const iconPath = assets.add("icon.svg", { contentType: "image/svg+xml", body: ICON });
  const inbox = renderInbox({
    iconPath,
    withoutScriptPath,
    stylePath: addStyle("inbox", INBOX_STYLE),
    scriptPath: assets.addModule("inbox"),
  });
  const docsPaths = {
    iconPath,
    withoutScriptPath,
    stylePath: addStyle("docs", DOCS_STYLE),
    scriptPath: assets.addModule("docs"),
  };
  const docs = renderDocs(document, { ...docsPaths, root: "./" });
  const docsBelow = renderDocs(document, { ...docsPaths, root: "../" });
  return { assets, pages: { inbox: () => inbox, docs: (isBelow) => (isBelow ? docsBelow : docs) } };
}
