/**
 * The style of all pages: both colour schemes, type, controls. Text has a contrast of at least 4.5 : 1, borders of controls and
 * marks of charts at least 3 : 1 (WCAG 2.2, criteria 1.4.3 and 1.4.11).
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9;
  --surface: #ffffff;
  --surface-raised: #eef1f5;
  --text: #1b2430;
  --text-quiet: #556070;
  --line: #d9dee6;
  --control-line: #838d9b;
  --accent: #1c5fb8;
  --accent-ground: #e4eefb;
  --on-accent: #ffffff;
  --mark: #fff0b3;
  --good: #1b6e3c;
  --bad: #b3261e;
  --bad-ground: #fdecea;
  --shadow: 0 1px 2px rgb(20 30 45 / 8%), 0 8px 28px rgb(20 30 45 / 14%);
  --radius: 0.5rem;
  --gutter: 1rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c;
    --surface: #1a2029;
    --surface-raised: #242c37;
    --text: #e4e9f0;
    --text-quiet: #a3aebd;
    --line: #2e3744;
    --control-line: #74808f;
    --accent: #82b4f5;
    --accent-ground: #20334c;
    --on-accent: #0d1a2b;
    --mark: #5c4a0a;
    --good: #7fd09a;
    --bad: #ff9d94;
    --bad-ground: #3d2220;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 8px 28px rgb(0 0 0 / 50%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.25rem; line-height: 1.3; }
h2 { font-size: 1rem; line-height: 1.3; }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.92em; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
button, input, select, textarea { font: inherit; color: inherit; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; gap: 0.4em;
  min-height: 2.25rem; padding: 0.25rem 0.8rem;
  border: 1px solid var(--control-line); border-radius: var(--radius);
  background: var(--surface); cursor: pointer;
}
button:hover { background: var(--surface-raised); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button.plain { border-color: transparent; background: transparent; color: var(--accent); }
button.plain:hover { background: var(--accent-ground); }
button[aria-pressed="true"] { background: var(--accent-ground); border-color: var(--accent); color: var(--accent); }
input, select, textarea {
  width: 100%; min-width: 0; min-height: 2.25rem; padding: 0.25rem 0.6rem;
  border: 1px solid var(--control-line); border-radius: var(--radius); background: var(--surface);
}
[aria-invalid="true"] { border-color: var(--bad); }
input::placeholder { color: var(--text-quiet); opacity: 1; }
.field { display: grid; gap: 0.2rem; min-width: 0; }
.field > label, .label { font-size: 0.8125rem; color: var(--text-quiet); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); }
.quiet { color: var(--text-quiet); }
.notice { padding: 0.6rem 0.9rem; border-radius: var(--radius); background: var(--surface-raised); overflow-wrap: anywhere; }
.notice.bad { background: var(--bad-ground); color: var(--bad); }
/* For screen readers only. */
.spoken { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip-link {
  position: absolute; left: 0.75rem; top: -4rem; z-index: 10; padding: 0.5rem 0.9rem;
  border-radius: var(--radius); background: var(--accent); color: var(--on-accent);
}
.skip-link:focus { top: 0.5rem; }
html { scroll-padding-top: 4rem; scrollbar-gutter: stable; }
.site-header {
  position: sticky; top: 0; z-index: 5;
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.25rem;
  padding: 0.6rem max(var(--gutter), calc((100% - 82rem) / 2)); border-bottom: 1px solid var(--line); background: var(--surface);
}
.site-name { font-weight: 650; letter-spacing: -0.01em; }
.site-header nav ul { display: flex; gap: 0.25rem; }
.site-header nav a {
  display: block; padding: 0.2rem 0.6rem; border-radius: var(--radius);
  text-decoration: none; color: var(--text-quiet);
}
.site-header nav a:hover { background: var(--surface-raised); }
.site-header nav a[aria-current] { background: var(--surface-raised); color: var(--text); }
main { max-width: 84rem; margin: 0 auto; padding: 1rem var(--gutter); }
@media (max-width: 26rem) { :root { --gutter: 0.6rem; } }
dialog {
  width: min(44rem, calc(100vw - 1.5rem)); max-height: calc(100dvh - 1.5rem); padding: 0;
  border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface); color: var(--text); box-shadow: var(--shadow);
}
dialog::backdrop { background: rgb(10 15 25 / 50%); }
@media (pointer: coarse) {
  /* Below 16 pixels Safari zooms in on a field that is tapped, and the page then scrolls sideways. */
  input, select, textarea { font-size: max(1rem, 16px); }
}
@media (prefers-reduced-motion: no-preference) {
  button, a, input { transition: background-color 120ms, border-color 120ms; }
}
@media (forced-colors: active) {
  button, input, .card { border-color: CanvasText; }
  .notice { border: 1px solid; }
  .site-header nav a[aria-current] { outline: 1px solid; }
  button[aria-pressed="true"] { forced-color-adjust: none; background: Highlight; border-color: Highlight; color: HighlightText; }
}
`;

/** Hides what does nothing without scripts and would show "Loading" forever. */
export const WITHOUT_SCRIPT_STYLE = `
#inbox, #live, .docs-token, .try { display: none !important; }
.notice.without-script { display: block; }
`;

/** The icon in a browser's tab. */
export const ICON: string = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
  + '<rect width="32" height="32" rx="7" fill="#1c5fb8"/>'
  + '<path d="M6 18h6l2 3h4l2-3h6M6 18l4-9h12l4 9v7H6z" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round"/></svg>';
