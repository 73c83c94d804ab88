/** The parts of a page besides its shared markup. All of it is the service's own text: nothing is escaped. */
export interface Shell {
  /** The path from the page to the service's root, such as `./`: a proxy may serve it under any path. */
  readonly root: string;
  readonly title: string;
  /** The id of the skip link's target. */
  readonly skipTo: string;
  /** The path of the page below the root, which is marked in the navigation. */
  readonly path: string;
  readonly stylePath: string;
  /** The style that is used if no script runs. */
  readonly withoutScriptPath: string;
  readonly iconPath: string;
  readonly scriptPath: string;
  /** The content beside the navigation at the top. */
  readonly header: string;
  /** The text for readers without JavaScript. */
  readonly withoutScript?: string;
  /** The content of `<main>`. */
  readonly main: string;
}

/** The pages that each page links to. */
const NAVIGATION: readonly (readonly [path: string, label: string])[] = [["", "Inbox"], ["docs", "API"]];

const NEEDS_SCRIPT = "This page needs JavaScript. The same data is at <code>/messages</code> and <code>/stats</code>.";

/** A whole HTML document without data, inline script or inline style. */
export function renderShell(shell: Shell): string {
  const { root } = shell;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${shell.title} · webhook-inbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${root}${shell.iconPath}">
<link rel="stylesheet" href="${root}${shell.stylePath}">
<noscript><link rel="stylesheet" href="${root}${shell.withoutScriptPath}"></noscript>
<script type="module" blocking="render" src="${root}${shell.scriptPath}"></script>
</head>
<body>
<a class="skip-link" href="#${shell.skipTo}">Skip to the content</a>
<header class="site-header">
<p class="site-name">webhook-inbox</p>
<nav aria-label="Pages"><ul>${NAVIGATION.map(([path, label]) => navigationItem(path, label, shell)).join("")}</ul></nav>
${shell.header}
</header>
<main id="main" tabindex="-1">
<noscript><p class="notice without-script">${shell.withoutScript ?? NEEDS_SCRIPT}</p></noscript>
${shell.main}
</main>
</body>
</html>
`;
}

function navigationItem(path: string, label: string, { root, path: current }: Shell): string {
  return `<li><a href="${root}${path}"${path === current ? ' aria-current="page"' : ""}>${label}</a></li>`;
}
