import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres } from "../support/shared-postgres.ts";
import { atEnd } from "../support/cleanup.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";
import { parseExposition, type ParsedExposition } from "../telemetry/exposition-parser.ts";
import { readDashboard, readRules } from "./files.ts";
import { referencesOf } from "./promql.ts";
import { evaluate, SKIP_WITHOUT_PROMTOOL, type Series, type Vector } from "./promtool.ts";

const skip = SKIP_WITHOUT_PROMTOOL || SKIP_WITHOUT_POSTGRES;
/** Metrics of the database, which each receiver exports: a sum would count them once per receiver. */
const OF_THE_DATABASE: ReadonlySet<string> = new Set([
  "webhook_stored_messages", "webhook_database_bytes", "webhook_wal_bytes", "webhook_disk_free_bytes",
]);
const RECEIVERS = ["one", "other"] as const;

interface Scrapes {
  readonly before: ParsedExposition;
  readonly after: ParsedExposition;
}

/** Scrapes two receivers of one database twice, with a different load on each in between. */
async function scrapeTwo(t: TestContext): Promise<readonly Scrapes[]> {
  const server = await usePostgres();
  atEnd(t, () => server.stop());
  const url = await server.createDatabase();
  const apps = await Promise.all(RECEIVERS.map(() => startTestApp(t, { env: { DATABASE_URL: url } })));
  const scrape = async ({ request }: TestApp): Promise<ParsedExposition> => parseExposition((await request("/metrics")).body);
  async function load(stored: number): Promise<void> {
    for (const [index, app] of apps.entries()) {
      for (let count = 0; count < 3 + 4 * index; count += 1) {
        for (const id of [`${index}-${stored}-${count}`, "repeat"]) assert.equal((await app.deliver(delivery({ message_id: id }))).status, 200);
      }
      for (let count = 0; count <= index; count += 1) await app.deliver(delivery(), { "X-Signature": "0".repeat(64) });
      await app.request("/nowhere");
    }
    const shows = new RegExp(`^webhook_stored_messages ${stored + 11}$`, "m");
    for (const { request } of apps) await until("both receivers count all messages", async () => shows.test((await request("/metrics")).body));
  }
  await load(0);
  const before = await Promise.all(apps.map(scrape));
  await load(10);
  const after = await Promise.all(apps.map(scrape));
  return apps.map((_, index) => ({ before: before[index] ?? assert.fail(), after: after[index] ?? assert.fail() }));
}

function seriesOf(job: string, scrapes: readonly (readonly [instance: string, Scrapes])[]): readonly Series[] {
  return scrapes.flatMap(([instance, { before, after }]) => {
    const labels = `job="${job}",instance="${instance}"`;
    const read = Array.from(after.samples, ([name, value]): Series => ({
      name: name.endsWith("}") ? `${name.slice(0, -1).replace(/,$/, "")},${labels}}` : `${name}{${labels}}`,
      values: [before.samples.get(name), value],
    }));
    return [...read, { name: `up{${labels}}`, values: [1, 1] }];
  });
}

/** How an expression combines the values of two receivers. */
type Kind = "sum" | "between" | "greatest" | "least" | "each";

function kindOf(expression: string): Kind {
  if (/^histogram_quantile|^\(?sum\b[^]* \/\s/.test(expression)) return "between";
  if (/^(?:sum|count)\b/.test(expression)) return "sum";
  if (/^max\b/.test(expression)) return "greatest";
  return /^min\b|^time\(\) - max\b/.test(expression) ? "least" : "each";
}

interface Results {
  readonly one: Vector;
  readonly other: Vector;
  readonly both: Vector;
}

function assertKind(kind: Kind, { one, other, both }: Results, expression: string): void {
  const near = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  const labels = new Set([...one.keys(), ...other.keys()]);
  assert.deepEqual(new Set(both.keys()), labels, expression);
  for (const label of labels) {
    const values = [one.get(label), other.get(label)].filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
    const got = both.get(label) ?? NaN;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const isRight = values.length === 0 ? Number.isNaN(got) : {
      sum: () => near(got, values.reduce((sum, value) => sum + value, 0)),
      between: () => got >= low * (1 - 1e-9) && got <= high * (1 + 1e-9),
      greatest: () => near(got, high),
      least: () => near(got, low),
      each: () => near(got, low) && label.includes("instance="),
    }[kind]();
    assert.ok(isRight, `${expression} ${label} of ${values.join(" and ")} is ${got}, which must be ${kind}`);
  }
}

interface Query {
  readonly expression: string;
  readonly legend: string;
}

function dashboardQueries(): readonly Query[] {
  return listAt(readDashboard(), "panels").flatMap((panel) => listAt(panel, "targets")).map((target) => ({
    expression: String(at(target, "expr")).replaceAll("$__rate_interval", "2m"),
    legend: String(at(target, "legendFormat")),
  }));
}

test("for two receivers, the dashboard and the rules add metrics of receivers and do not add metrics of the database", { skip }, async (t) => {
  const [one, other] = await scrapeTwo(t);
  assert.ok(one !== undefined && other !== undefined);
  const types = new Map([...one.after.types]);
  const rules = readRules().filter(({ kind, name }) => kind === "record" && name !== "webhook_inbox:silence_limit_seconds")
    .map(({ expression }): Query => ({ expression: expression.trim(), legend: "" }));
  const queries = [...dashboardQueries(), ...rules];
  const of = (job: string, expression: string): string => expression.replaceAll('job="webhook-inbox"', `job="${job}"`);
  const jobs = { one: [["one", one]], other: [["other", other]], both: [["one", one], ["other", other]] } as const;
  const series = Object.entries(jobs).flatMap(([job, scrapes]) => seriesOf(job, scrapes));
  const results = evaluate(series, queries.flatMap(({ expression }) => Object.keys(jobs).map((job) => of(job, expression))));
  let found = 0;
  for (const { expression, legend } of queries) {
    const withoutJob = (job: keyof typeof jobs): Vector =>
      new Map(Array.from(results.get(of(job, expression)) ?? [], ([labels, value]) => [labels.replace(`job="${job}"`, "job"), value]));
    const kind = kindOf(expression);
    assertKind(kind, { one: withoutJob("one"), other: withoutJob("other"), both: withoutJob("both") }, expression);
    for (const metric of referencesOf(expression).metrics) {
      if (OF_THE_DATABASE.has(metric)) assert.match(kind, /^(?:greatest|least)$/, expression);
      const isCounted = types.get(metric) === "counter" || /_(?:bucket|sum|count)$/.test(metric);
      if (isCounted && kind !== "each") assert.match(kind, /^(?:sum|between)$/, expression);
    }
    if (kind === "each") assert.match(legend, /\{\{instance\}\}/, expression);
    found += withoutJob("both").size;
  }
  assert.ok(found > queries.length);
});

test("two working receivers cause no alert", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const [one, other] = await scrapeTwo(t);
  assert.ok(one !== undefined && other !== undefined);
  const counted = evaluate(seriesOf("webhook-inbox", [["one", one], ["other", other]]), ["count(ALERTS) or vector(0)"]);
  assert.deepEqual(counted, new Map([["count(ALERTS) or vector(0)", new Map([["{}", 0]])]]));
});
