import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../scripts/command.ts";
import { at, listAt } from "../support/json.ts";

export function readRepositoryFile(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

/** One entry of `alerts.yml`. */
export interface Rule {
  readonly kind: "alert" | "record";
  readonly name: string;
  readonly expression: string;
  /** Its lines in the file. */
  readonly source: string;
}

/** The rules in the order of the file. Supports the layout of that file, not all of YAML. */
export function readRules(): readonly Rule[] {
  const [, ...sources] = readRepositoryFile("ops/prometheus/alerts.yml").split(/^ *- (?=alert:|record:)/m);
  return sources.map((source) => {
    const [, kind = "", name = ""] = /^(alert|record): (\S+)$/m.exec(source) ?? [];
    const [, inline = "", block = ""] = /^ *expr: (?:([^|\n].*)|\|\n((?: {10,}.*\n|\n)+))/m.exec(source) ?? [];
    return { kind: kind === "alert" ? "alert" : "record", name, expression: inline + block, source };
  });
}

export interface Panel {
  readonly id: unknown;
  readonly title: string;
  readonly expressions: readonly string[];
  readonly place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

export function readDashboard(): unknown {
  return JSON.parse(readRepositoryFile("ops/grafana/dashboards/backend.json"));
}

export function panelsOf(dashboard: unknown): readonly Panel[] {
  return listAt(dashboard, "panels").map((panel) => ({
    id: at(panel, "id"),
    title: String(at(panel, "title")),
    expressions: listAt(panel, "targets").map((target) => String(at(target, "expr"))),
    place: {
      x: Number(at(panel, "gridPos", "x")),
      y: Number(at(panel, "gridPos", "y")),
      width: Number(at(panel, "gridPos", "w")),
      height: Number(at(panel, "gridPos", "h")),
    },
  }));
}
