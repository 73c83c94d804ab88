import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../scripts/command.ts";

/** For the `skip` of a test that evaluates PromQL. */
export const SKIP_WITHOUT_PROMTOOL: string | false =
  spawnSync("promtool", ["--version"]).status === 0 ? false : "NOT TESTED: promtool is not installed (Debian: apt-get install prometheus)";

export interface Series {
  /** With its labels, e.g. `up{job="a"}`. */
  readonly name: string;
  /** One a minute from the start on; undefined if there is none. */
  readonly values: readonly (number | undefined)[];
}

/** What an expression gives: values by labels as promtool writes them, e.g. `{instance="a", job="b"}`. */
export type Vector = ReadonlyMap<string, number>;

const SAMPLE = /(\{(?:\w+="(?:[^"\\]|\\.)*"(?:, )?)*\}) ([^\s,]+)/g;

/**
 * Evaluates expressions a minute after the start, with the repository's rules: the vector of each that is not empty. promtool
 * compares with what is expected, which is nothing here, and so prints what it got.
 */
export function evaluate(series: readonly Series[], expressions: readonly string[]): ReadonlyMap<string, Vector> {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-promtool-"));
  try {
    const file = join(folder, "test.yml");
    // JSON is YAML too.
    writeFileSync(file, JSON.stringify({
      rule_files: [join(REPOSITORY, "ops/prometheus/alerts.yml")],
      evaluation_interval: "1m",
      tests: [{
        interval: "1m",
        input_series: series.map(({ name, values }) => ({ series: name, values: values.map((value) => value ?? "_").join(" ") })),
        promql_expr_test: expressions.map((expr) => ({ expr, eval_time: "1m" })),
      }],
    }));
    const { stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    const found = new Map<string, Vector>();
    for (const [, expression = "", samples = ""] of (stdout + stderr).matchAll(/expr: ("(?:[^"\\]|\\.)*"), time: 1m,\s+exp: ?nil\s+got: ?(.*)/g)) {
      found.set(JSON.parse(expression), new Map(Array.from(samples.matchAll(SAMPLE), ([, labels = "", value]) => [labels, toNumber(value)])));
    }
    if (found.size === 0) throw new Error(`Cannot evaluate: ${stdout}${stderr}`);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toNumber(text: string | undefined): number {
  return Number(text?.replace("Inf", "Infinity"));
}
