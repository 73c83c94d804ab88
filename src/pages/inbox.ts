import { renderShell, type Shell } from "./shell.ts";

/** The inbox page: an empty frame that `browser/inbox.ts` fills. */
export function renderInbox(paths: Pick<Shell, "iconPath" | "stylePaths" | "modulePaths">): string {
  return renderShell({
    ...paths,
    title: "Inbox",
    path: "/",
    header: "",
    main: `<h1>Inbox</h1>
<p id="status" role="status"></p>`,
  });
}
