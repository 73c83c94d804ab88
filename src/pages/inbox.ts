import { renderShell, type Shell } from "./shell.ts";

/** The inbox page: an empty frame that `browser/inbox.ts` fills. */
export function renderInbox(paths: Pick<Shell, "iconPath" | "stylePath" | "withoutScriptPath" | "scriptPath">): string {
  return renderShell({
    ...paths,
    title: "Inbox",
    skipTo: "messages",
    path: "",
    root: "./",
    header: `<p id="live" class="live" role="status" data-state="connecting">
<span class="dot" aria-hidden="true"></span><span class="spoken">New messages: </span><span id="live-text">Connecting</span></p>
<button type="button" id="forget" class="plain" hidden>Forget token</button>`,
    main: `<h1 class="spoken">Inbox</h1>
<p id="announcements" class="spoken" role="status"></p>
${TOKEN_FORM}
<div id="inbox" class="inbox">
${FILTERS}
${MESSAGES}
${OVERVIEW}
</div>
${DETAIL}
${HELP}`,
  });
}

const TOKEN_FORM = `<section id="token" class="card token" aria-labelledby="token-title" hidden>
<h2 id="token-title">Token needed</h2>
<p id="token-help" class="quiet">This service shows messages only to those who have its API token.
The windows of this browser share it until the last of them is closed.</p>
<form id="token-form">
<div class="field"><label for="token-input">API token</label>
<input id="token-input" type="password" autocomplete="off" spellcheck="false" required aria-describedby="token-help token-error"></div>
<p id="token-error" class="error" role="alert"></p>
<button type="submit" class="primary">Show messages</button>
</form>
</section>`;

const FILTERS = `<form id="filters" class="filters card" role="search" aria-label="Messages">
<div class="field"><label for="q">Search in texts</label>
<input id="q" type="search" autocomplete="off" placeholder="Part of a text, or an id"></div>
<button type="button" id="more" aria-expanded="false" aria-controls="more-filters">More filters</button>
<div id="more-filters" class="more-filters">
<div class="field"><label for="from">Sender</label>
<input id="from" type="text" inputmode="tel" autocomplete="off" placeholder="+919876543210" list="sender-numbers"></div>
<div class="field"><label for="to">Recipient</label>
<input id="to" type="text" inputmode="tel" autocomplete="off" placeholder="+14155550100"></div>
<div class="field"><label for="since">From time <span class="zone"></span></label>
<input id="since" type="datetime-local" max="9999-12-31T23:59"></div>
<div class="field"><label for="until">Before time <span class="zone"></span></label>
<input id="until" type="datetime-local" max="9999-12-31T23:59"></div>
</div>
<div class="times">
<div class="ranges" role="group" aria-label="Time range">
<button type="button" id="last-hour" class="plain">Last hour</button>
<button type="button" id="last-day" class="plain">24 hours</button>
<button type="button" id="last-week" class="plain">7 days</button>
<button type="button" id="any-time" class="plain">All</button></div>
<div class="choice" role="group" aria-label="Order of messages">
<button type="button" id="by-sent" aria-pressed="true" title="Newest first, by the time of sending">Sent</button>
<button type="button" id="by-received" aria-pressed="false" title="Newest first, by the time of receipt">Received</button></div>
<div class="choice" role="group" aria-label="Time zone">
<button type="button" id="zone-local" aria-pressed="true">Local</button>
<button type="button" id="zone-utc" aria-pressed="false">UTC</button></div>
</div>
<datalist id="sender-numbers"></datalist>
</form>`;

const OVERVIEW = `<details id="overview" class="overview">
<summary>Totals and charts</summary>
<p id="overview-notice" class="notice bad" role="status" hidden>Totals and charts may be out of date: they could not be loaded.
Trying again.</p>
<div class="overview-parts">
<section class="card" aria-labelledby="totals-title">
<h2 id="totals-title">Totals</h2>
<dl class="totals">
<div><dt>Messages</dt><dd id="total-messages">–</dd></div>
<div><dt>Senders</dt><dd id="total-senders">–</dd></div>
<div class="small"><dt>First sent</dt><dd id="first-message">–</dd></div>
<div class="small"><dt>Last sent</dt><dd id="last-message">–</dd></div>
</dl>
</section>
<section class="card" aria-labelledby="timeline-title">
<div class="card-head"><h2 id="timeline-title">Over time</h2>
<div class="choice" role="group" aria-label="Time unit">
<button type="button" id="by-hour" aria-pressed="true">Hour</button><button type="button" id="by-day" aria-pressed="false">Day</button>
</div></div>
<figure><div id="timeline-chart" class="chart"></div><figcaption id="timeline-summary" class="quiet"></figcaption></figure>
<details class="as-table"><summary>As a table</summary>
<table><thead><tr><th scope="col">Start</th><th scope="col">Messages</th></tr></thead><tbody id="timeline-rows"></tbody></table>
</details>
</section>
<section class="card" aria-labelledby="senders-title">
<h2 id="senders-title">Top senders</h2>
<ol id="senders" class="senders"></ol>
</section>
</div>
</details>`;

const MESSAGES = `<section id="messages" tabindex="-1" class="messages" aria-labelledby="messages-title">
<div class="messages-head"><h2 id="messages-title">Messages</h2>
<div class="count"><p id="count" class="quiet"></p><p class="slow quiet" aria-hidden="true">Loading …</p></div>
<button type="button" id="clear" class="plain" hidden>Clear filters</button>
<div class="tools"><button type="button" id="pause" class="plain" aria-pressed="false">Pause</button>
<button type="button" id="export-csv" class="plain">CSV<span class="spoken"> of these messages</span></button>
<button type="button" id="export-ndjson" class="plain">NDJSON<span class="spoken"> of these messages</span></button>
<button type="button" id="show-help" class="plain" aria-haspopup="dialog">Keys</button></div>
<p id="keys" class="spoken">↑ ↓ to move, Enter to open, ? for all keys</p></div>
<div id="history" class="notice" role="status" hidden><span>The service has gone back to an earlier state.
The list has been loaded again.</span> <button type="button" id="history-close">OK</button></div>
<p id="export-notice" class="notice bad" role="alert" hidden></p>
<div id="notice" class="notice bad" role="alert" hidden><span id="notice-text"></span>
<button type="button" id="notice-retry">Try again</button></div>
<div class="newer"><button type="button" id="newer" class="primary" hidden></button></div>
<div class="card list">
<div id="above"></div>
<ul id="rows" role="list" aria-labelledby="messages-title" aria-describedby="keys"></ul>
<div id="below"></div>
<div id="cut" class="notice bad cut" role="alert" hidden><span>The list stops here: <span id="cut-text"></span></span>
<button type="button" id="cut-retry">Try again</button></div>
<p id="end" class="end quiet">Loading</p>
<p id="suggestions" class="end suggestions" hidden></p>
<p id="first" class="end first" hidden><a href="docs#deliverMessage">Sign and send one</a> from the API page,
or with <code>webhook-inbox send</code> from a shell.</p>
</div>
</section>`;

const DETAIL = `<dialog id="detail" class="detail" aria-labelledby="detail-title">
<div class="detail-parts">
<div class="card-head"><h2 id="detail-title">Message</h2>
<div class="detail-steps">
<button type="button" id="detail-previous" title="Previous (k)">↑<span class="spoken"> Previous message</span></button>
<button type="button" id="detail-next" title="Next (j)">↓<span class="spoken"> Next message</span></button>
<button type="button" id="detail-close">Close</button></div></div>
<div id="detail-text" class="detail-text" dir="auto"></div>
<dl id="detail-fields"></dl>
<div id="detail-copy" class="detail-copy"></div>
</div>
</dialog>`;

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "Search"],
  [["↑", "↓"], "Go from row to row"],
  [["Page Up", "Page Down"], "Go ten rows up or down"],
  [["Home", "End"], "Go to the first or the last row that is loaded"],
  [["Enter"], "Open the message"],
  [["j", "→"], "In an open message: go to the next one"],
  [["k", "←"], "In an open message: go to the previous one"],
  [["Escape"], "Close the message, or this list"],
  [["?"], "Show this list"],
];

const HELP = `<dialog id="help" class="detail" aria-labelledby="help-title">
<div class="detail-parts">
<div class="card-head"><h2 id="help-title">Keys</h2><button type="button" id="help-close">Close</button></div>
<dl>${KEYS.map(([keys, does]) => `<dt>${keys.map((key) => `<kbd>${key}</kbd>`).join(" ")}</dt><dd>${does}</dd>`).join("\n")}</dl>
</div>
</dialog>`;
