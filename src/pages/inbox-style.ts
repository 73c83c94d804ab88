/** The style of the inbox page, in addition to that of all pages. */
export const INBOX_STYLE = `
.live { display: flex; align-items: center; gap: 0.45rem; margin-left: auto; font-size: 0.875rem; color: var(--text-quiet); }
.live .dot { width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--control-line); }
/* The stream is paused only while the page requests the token. */
.live[data-state="paused"] { display: none; }
.live[data-state="live"] { color: var(--good); }
.live[data-state="live"] .dot { background: var(--good); }
.live[data-state="waiting"] { color: var(--bad); }
.live[data-state="waiting"] .dot { background: var(--bad); }

.token { display: grid; gap: 0.75rem; max-width: 28rem; margin: 3rem auto; padding: 1.25rem; }
.token form { display: grid; gap: 0.75rem; }
.error { color: var(--bad); }
.error:empty { display: none; }

.inbox { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
/* The filters and the overview are shown above the list, but the overview comes after it in the order of the Tab key. */
.filters { order: -2; }
.overview { order: -1; }
.messages:focus { outline: none; }
.filters { display: grid; gap: 0.6rem; grid-template-columns: minmax(0, 1fr) auto; align-items: end; padding: 0.75rem; }
.more-filters { display: none; grid-column: 1 / -1; gap: 0.6rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); }
[aria-expanded="true"] + .more-filters { display: grid; }
.times { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; }
.ranges { margin-right: auto; display: flex; flex-wrap: wrap; margin-left: -0.5rem; }
.ranges button { min-height: 1.75rem; padding: 0 0.5rem; font-size: 0.8125rem; }
/* The same width with and without the name of a zone. */
#zone-local { min-width: 5.5rem; }
.filters input { font-variant-numeric: tabular-nums; }

.overview > summary { padding: 0 0.1rem; cursor: pointer; font-weight: 600; }
.overview-parts { display: grid; gap: 1rem; }
.overview section { padding: 0.9rem; min-width: 0; }
.overview h2 { margin-bottom: 0.6rem; }
.card-head { display: flex; align-items: center; justify-content: space-between; gap: 0.75rem; margin-bottom: 0.6rem; }
.card-head h2 { margin: 0; }
.choice { display: flex; }
.choice button { min-height: 1.75rem; padding: 0 0.65rem; font-size: 0.8125rem; }
.choice button:first-child { border-radius: var(--radius) 0 0 var(--radius); }
.choice button:last-child { margin-left: -1px; border-radius: 0 var(--radius) var(--radius) 0; }
.choice button[aria-pressed="true"] { z-index: 1; }
.totals { display: grid; grid-template-columns: 1fr 1fr; gap: 0.6rem 1rem; }
.totals dt { font-size: 0.8125rem; color: var(--text-quiet); }
.totals dd { font-size: 1.5rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.totals .small { grid-column: 1 / -1; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.totals .small dd { font-size: 0.875rem; font-weight: 400; line-height: 1.5; }
.chart svg { display: block; width: 100%; max-width: 30rem; height: auto; overflow: visible; }
.chart rect, .senders rect { fill: var(--accent); }
/* A low bar is as easy to hit as a high one. */
.chart .column { fill: transparent; }
.chart g { cursor: pointer; }
.chart g:hover rect { fill: var(--text); }
.chart text { fill: var(--text-quiet); font-size: 12px; }
.chart .axis { stroke: var(--control-line); stroke-width: 1; }
.chart .grid { stroke: var(--line); stroke-width: 1; stroke-dasharray: 2 3; }
figcaption { margin-top: 0.4rem; font-size: 0.8125rem; }
.as-table { margin-top: 0.5rem; font-size: 0.875rem; }
.as-table > summary { padding: 0.15rem 0; cursor: pointer; color: var(--text-quiet); }
.as-table table { width: 100%; margin-top: 0.3rem; border-collapse: collapse; }
.as-table th { text-align: left; font-weight: 400; }
.as-table th, .as-table td { padding: 0.1rem 0; border-bottom: 1px solid var(--line); }
.as-table td, .as-table th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.as-table button { min-height: 1.75rem; padding: 0; }
.senders { display: grid; gap: 0.15rem; margin: 0 -0.4rem; }
.senders > .quiet { padding: 0 0.4rem; }
.sender {
  display: grid; grid-template-columns: 1fr auto; gap: 0.15rem 0.5rem; width: 100%; min-height: 0; padding: 0.3rem 0.4rem;
  border-color: transparent; background: none; text-align: left; font-variant-numeric: tabular-nums;
}
.sender .quiet { font-size: 0.8125rem; }
.sender svg { grid-column: 1 / -1; width: 100%; height: 0.3rem; border-radius: 2px; }
.senders .track { fill: var(--surface-raised); }

.messages { min-width: 0; }
/* The same height with and without the button, so that the list does not move; the heading beside it has this height too. */
.messages-head, .overview > summary { min-height: 1.75rem; line-height: 1.75rem; }
.messages-head, .overview[open] > summary { margin-bottom: 0.5rem; }
.messages-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.75rem; }
.messages-head h2 { line-height: inherit; }
/* The old rows stay while new ones are being loaded. If that takes long, a note replaces the old count. */
.count { display: grid; }
.count > * { grid-area: 1 / 1; }
.slow { visibility: hidden; }
.messages:has(#rows[aria-busy="true"]) :is(.slow, #count) { transition: visibility 0s 400ms; }
.messages:has(#rows[aria-busy="true"]) .slow { visibility: visible; }
.messages:has(#rows[aria-busy="true"]) #count { visibility: hidden; }
.messages-head button { min-height: 1.75rem; padding: 0 0.5rem; line-height: 1.5; }
.tools { display: flex; margin-left: auto; }
.notice { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; margin-bottom: 0.5rem; }
.notice.cut { margin: 0.75rem; }
.newer { position: sticky; top: 4rem; z-index: 2; height: 0; text-align: center; }
.newer button { margin-top: 0.4rem; border-radius: 2rem; box-shadow: var(--shadow); }
.list { overflow: hidden; overflow-anchor: none; }
.end { padding: 1.5rem 1rem; text-align: center; }
.end:empty { display: none; }
.first, .suggestions { padding-top: 0; }
.suggestions { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 0.4rem; }
.suggestions button { max-width: 100%; overflow-wrap: anywhere; }
#rows > li + li, #above + #rows > li { border-top: 1px solid var(--line); }
#rows > li:first-child { border-top: 0; }
.row {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.1rem 0.75rem; justify-content: stretch; align-items: baseline;
  padding: 0.55rem 0.9rem; cursor: pointer;
}
.row:hover { background: var(--surface-raised); }
.row:focus-visible { outline-offset: -2px; }
.row .when { grid-area: 1 / 2; font-size: 0.8125rem; color: var(--text-quiet); font-variant-numeric: tabular-nums; }
.row time, .flag { white-space: nowrap; }
.flag { padding: 0 0.35rem; border-radius: 0.6rem; background: var(--bad-ground); color: var(--bad); font-size: 0.75rem; }
.row .parties {
  grid-area: 1 / 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  font-size: 0.875rem; color: var(--text-quiet); font-variant-numeric: tabular-nums;
}
.row .from { color: var(--text); font-weight: 600; }
/* Direction marks in the text have no effect after it. */
.row .text {
  grid-area: 2 / 1 / auto / -1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  unicode-bidi: isolate; min-height: 1.5em;
}

.detail-parts { padding: 0 1.1rem 1rem; }
/* However long the text is, the button that closes it stays visible. */
.detail .card-head { position: sticky; top: 0; z-index: 1; margin: 0 -1.1rem; padding: 1rem 1.1rem 0.6rem; background: var(--surface); }
.detail-text {
  margin-bottom: 1rem; padding: 0.75rem 0.9rem; border-radius: var(--radius); background: var(--surface-raised);
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
}
.detail-steps, .detail-copy { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem; }
.detail-copy { margin-top: 1rem; }
.detail-copy button { min-height: 1.75rem; padding: 0 0.6rem; font-size: 0.8125rem; }
button:disabled { color: var(--text-quiet); border-style: dashed; cursor: default; }
.detail dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.4rem 1.25rem; align-items: baseline; }
.detail dt { color: var(--text-quiet); font-size: 0.875rem; }
.detail dd { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.75rem; min-width: 0; overflow-wrap: anywhere; }
.detail kbd { padding: 0.05rem 0.4rem; border: 1px solid var(--control-line); border-radius: 0.3rem; font: inherit; color: var(--text); }
.detail dd button { min-height: 1.75rem; padding: 0 0.5rem; }

@media (min-width: 62rem) {
  .inbox { grid-template-columns: minmax(0, 1fr) 21rem; }
  .filters { grid-column: 1 / -1; grid-template-columns: minmax(12rem, 2fr) minmax(9rem, 1fr) minmax(9rem, 1fr) 13rem 13rem; }
  .filters #more { display: none; }
  .filters .more-filters { display: contents; }
  .overview { grid-area: 2 / 2; }
  .messages { grid-area: 2 / 1; }
  .row { grid-template-columns: 11.5rem 17.5rem minmax(0, 1fr); }
  .row .when { grid-area: 1 / 1; }
  .row .parties { grid-area: 1 / 2; }
  .row .text { grid-area: 1 / 3; }
}
@media (forced-colors: active) {
  .ranges, .tools { gap: 0.25rem; }
  .ranges { margin-left: 0; }
  .flag, .live .dot { border: 1px solid; }
  .chart rect, .chart text, .senders rect { fill: CanvasText; }
  .senders .track { fill: Canvas; stroke: CanvasText; }
}
@media (max-width: 34rem) {
  /* No room for both numbers: the recipient is in the detail. */
  .row .arrow, .row .arrow ~ bdi { display: none; }
}
@media (max-width: 26rem) {
  .detail dl { grid-template-columns: minmax(0, 1fr); gap: 0.1rem; }
  .detail dd { margin-bottom: 0.5rem; }
}
`;
