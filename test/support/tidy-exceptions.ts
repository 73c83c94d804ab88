/** The exceptions to the rules of the tidy test. Each list may only shrink. */

/** Most of them create an object and contain its methods. */
export const LONG_FUNCTIONS: readonly string[] = [
  "src/app.ts start",
  "src/http/exchange.ts createExchange",
  "src/pages/browser/message-list.ts createMessageList",
  "src/pages/browser/row-window.ts createRowWindow",
  "src/pages/browser/shared-tail.ts createSharedTail",
  "src/postgres/pool.ts createPool",
  "src/storage/shared/group-commit.ts createGroupCommit",
  "src/telemetry/log-sink.ts createLogSink",
];

export const WITHOUT_DOCSTRING: readonly string[] = [
  "src/storage/sqlite/cancellation.ts createCancellationFlag",
  "src/storage/sqlite/maintain/check.ts createFaultList",
  "src/storage/sqlite/read/pages.ts nextOf",
  "src/storage/sqlite/read/rows.ts toStoredMessage",
  "src/storage/sqlite/read/time-counts.ts createTimeCounts",
  "src/storage/sqlite/write/checkpoints.ts createWriterCheckpoints",
  "src/storage/sqlite/write/removal.ts createRemoval",
];

/** Names that two sources export with different meanings. */
export const NAMES_OF_TWO: readonly string[] = [
  "Channel",
  "Connection",
  "ConnectionOptions",
  "ExportFormat",
  "Filters",
  "LogLevel",
  "Row",
  "ServerOptions",
  "SignatureHeaders",
  "TailOptions",
  "createExport",
  "createMatcher",
  "createSearch",
  "createStats",
  "createTail",
  "createTimeline",
  "refuse",
];

/** Names in comments that belong to other software. */
export const NAMES_OF_OTHERS: readonly string[] = [
  // A function of PostgreSQL.
  "array_recv",
];

/** Phrases that are hard to read, and what to write instead. No file may contain one. */
export const BANNED_PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(?:clients?|senders?|callers?|servers?|services?) who\b/i, "a client that"],
  [/\bturns? ready\b/i, "becomes ready again once"],
  [/\btheirs is the\b/i, "they have"],
  [/\bof a repeated (?:parameter|name),? the last counts\b/i, "if a parameter is repeated, the last value wins"],
  [/\bwho connects again\b/i, "reconnect with"],
  [/\b(?:thereof|whosoever|heretofore|upon)\b/i, "of it, whoever, until now, on"],
  [/\banew\b/i, "again, or rebuild"],
  [/\bmend(?:s|ed|ing)?\b/i, "repair"],
  [/\bwithout (?:an )?end\b/i, "endless, or indefinitely"],
  [/\bfor ever\b/i, "forever"],
  [/\bbut for (?!this\b)/i, "except"],
  [/\bhand(?:s|ed)? on\b/i, "pass on"],
  [/\bin place of\b/i, "instead of"],
  [/\bthat is none\b/i, "an invalid"],
  [/\bof no use\b/i, "has no effect"],
  [/\b(?:put|stay|is|are|be)(?:s|ing)? in force\b/i, "use, or take effect"],
  [/\bbroken (?:field|parameter)s?\b/i, "invalid"],
  [/\blikelier\b/i, "more likely"],
  [/\bat the most\b/i, "at most"],
  [/\ball the while\b/i, "keeps doing"],
  [/\bnothing of (?:it|them|that|this)\b/i, "none of it"],
  [/\b(?:line|log|label|message|page|table|metric|reason)s? tells?\b/i, "says"],
  [/\b(?:JSON|NDJSON|CSV|SQLite|PostgreSQL|token|metrics)(?:'s)? alone\b/i, "only"],
  [/\bso many (?!of\b)/i, "this many, or up to N"],
  [/(?<!there )\bis no (?!more\b|longer\b|one\b|other\b|larger\b|younger\b|good\b|such\b)(?=[a-z])/i, "is not a"],
  [/\bgo(?:es)? on\b/i, "continue"],
  [/\bunder way\b/i, "in progress"],
];
