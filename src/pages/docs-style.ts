/** The style of the API page, in addition to that of all pages. */
export const DOCS_STYLE = `
.docs { display: grid; gap: 1.5rem; }
.docs-parts, .docs-parts > section { display: grid; gap: 1rem; min-width: 0; grid-template-columns: minmax(0, 1fr); }
.docs-parts h2 { margin-top: 1rem; font-size: 1.25rem; }
.docs p { max-width: 75ch; overflow-wrap: anywhere; }
.docs code { overflow-wrap: anywhere; }
.docs p a { display: inline-block; min-width: 1.5rem; min-height: 1.5rem; }
.contents ul { margin: 0 0 0.5rem; }
.contents a {
  display: block; padding: 0.15rem 0.4rem; min-height: 1.75rem; border-radius: var(--radius);
  text-decoration: none; overflow-wrap: anywhere;
}
.contents a:hover { background: var(--surface-raised); }
.contents summary, .response summary, .shared summary { min-height: 1.75rem; cursor: pointer; color: var(--text-quiet); }
.operation, .schema, .shared-response, .docs-token {
  display: grid; gap: 0.75rem; padding: 1rem; min-width: 0; grid-template-columns: minmax(0, 1fr);
}
.operation h3 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 0.6rem; font-size: 1rem; line-height: 1.4; }
.operation h3 .summary { font-weight: 400; color: var(--text-quiet); }
.operation h4 { margin: 0.5rem 0 0; font-size: 0.9375rem; }
.shared-response h3, .schema h3 { font-size: 0.9375rem; }
.docs-token { max-width: 40rem; }
.docs-token h2 { margin: 0; font-size: 1rem; }
.method {
  display: inline-block; min-width: 3.2rem; padding: 0 0.4rem; border-radius: 0.25rem;
  background: var(--accent-ground); color: var(--accent);
  font-size: 0.75rem; font-weight: 700; line-height: 1.6; text-align: center;
}
.method.post { background: var(--accent); color: var(--on-accent); }
dl.fields { display: grid; gap: 0.6rem; }
dl.fields.card { padding: 1rem; }
dl.fields > div {
  display: grid; gap: 0 1rem; padding-left: 0.75rem; border-left: 3px solid var(--line);
  grid-template-columns: minmax(0, 1fr);
}
dl.fields .type { color: var(--text-quiet); font-size: 0.875rem; }
.need { font-size: 0.8125rem; color: var(--text-quiet); }
.need.required { color: var(--bad); }
.status { font-weight: 700; font-variant-numeric: tabular-nums; }
.status.s2, .status.s3 { color: var(--good); }
.status.s4, .status.s5 { color: var(--bad); }
.response > details > * + *, .shared ul { margin-top: 0.5rem; }
.shared a { display: inline-block; min-width: 2.25rem; min-height: 1.5rem; font-weight: 700; }
.docs pre {
  margin: 0; padding: 0.75rem; max-height: 28rem; overflow: auto;
  border: 1px solid var(--line); border-radius: var(--radius); background: var(--ground);
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.docs figcaption { font-size: 0.8125rem; color: var(--text-quiet); }
.try {
  display: grid; gap: 0.75rem; padding: 1rem;
  border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface-raised);
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); align-items: start;
}
.try > h4, .try > .wide, .try > .try-actions, .try > .try-status, .try > .try-response { grid-column: 1 / -1; margin: 0; min-width: 0; }
.try-actions { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.try-response { display: grid; gap: 0.5rem; grid-template-columns: minmax(0, 1fr); }
.try-response .label { margin-top: 0.25rem; }
:target { outline: 2px solid var(--accent); outline-offset: 3px; }
@media (min-width: 64rem) {
  .docs { grid-template-columns: 17rem minmax(0, 1fr); align-items: start; }
  .contents { position: sticky; top: 4rem; max-height: calc(100dvh - 5rem); overflow-y: auto; }
  dl.fields > div { grid-template-columns: minmax(10rem, 15rem) minmax(0, 1fr); }
}
`;
