import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../scripts/command.ts";

/** The `skip` of a test that evaluates PromQL. */
export const SKIP_WITHOUT_PROMTOOL: string | false =
  spawnSync("promtool", ["--version"]).status === 0 ? false : "NOT TESTED: promtool is not installed (Debian: apt-get install prometheus)";

export interface Series {
  /** The name with its labels, e.g. `up{job="a"}`. */
  readonly name: string;
  /** One value per minute from the start; undefined for a missing sample. */
  readonly values: readonly (number | undefined)[];
}

/** The result of an expression: values by labels as promtool prints them, e.g. `{instance="a", job="b"}`. */
export type Vector = ReadonlyMap<string, number>;

const SAMPLE = /(\{(?:\w+="(?:[^"\\]|\\.)*"(?:, )?)*\}) ([^\s,]+)/g;

/**
 * Evaluates expressions a minute after the start, with the repository's rules, and returns the vectors that are not empty.
 * The expected result is always empty, so promtool prints the actual one.
 */
export function evaluate(series: readonly Series[], expressions: readonly string[]): ReadonlyMap<string, Vector> {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-promtool-"));
  try {
    const file = join(folder, "test.yml");
    // JSON is valid YAML.
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
