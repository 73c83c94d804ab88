import type { OpenApiDocument } from "../api/openapi.ts";
import type { PageName, Site } from "../core/site.ts";
import { createAssets, type Assets } from "./assets.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { renderDocs } from "./docs.ts";
import { renderInbox } from "./inbox.ts";
import { INBOX_STYLE } from "./inbox-style.ts";
import { ICON, STYLE } from "./style.ts";

interface Built {
  /** Whether the page is asked for with a slash behind its name. */
  readonly pages: Readonly<Record<PageName, (isBelow: boolean) => string>>;
  readonly assets: Assets;
}

/** The pages of the service. They are built with the first request for one of them. */
export function createSite(document: OpenApiDocument): Site {
  let built: Built | undefined;
  const site = (): Built => (built ??= build(document));
  return { page: (name, options) => site().pages[name](options?.isBelow === true), asset: (name) => site().assets.get(name) };
}

function build(document: OpenApiDocument): Built {
  const assets = createAssets();
  const css = "text/css; charset=utf-8";
  const stylePath = assets.add("style.css", { contentType: css, body: STYLE });
  const iconPath = assets.add("icon.svg", { contentType: "image/svg+xml", body: ICON });
  const inbox = renderInbox({
    iconPath,
    stylePaths: [stylePath, assets.add("inbox.css", { contentType: css, body: INBOX_STYLE })],
    modulePaths: assets.addModule("inbox"),
  });
  const docsPaths = {
    iconPath,
    stylePaths: [stylePath, assets.add("docs.css", { contentType: css, body: DOCS_STYLE })],
    modulePaths: assets.addModule("docs"),
  };
  const docs = renderDocs(document, { ...docsPaths, root: "./" });
  const docsBelow = renderDocs(document, { ...docsPaths, root: "../" });
  return { assets, pages: { inbox: () => inbox, docs: (isBelow) => (isBelow ? docsBelow : docs) } };
}
