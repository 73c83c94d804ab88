/**
 * Writes JSON schemas for kubeconform from the description of Kubernetes' own API: a file for each kind of the groups that
 * `ops/kubernetes/` uses. Arguments: the path of swagger.json, the folder to write to.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { at, isObject, listAt } from "../test/support/json.ts";

const GROUPS: readonly unknown[] = ["", "apps", "networking.k8s.io", "policy"];
const { positionals: [source = "", target = ""] } = parseArgs({ allowPositionals: true });

/** Swagger has a type that JSON Schema lacks, and lets an object have fields that it does not name. */
function toJsonSchema(_key: string, value: unknown): unknown {
  if (at(value, "format") === "int-or-string") return { oneOf: [{ type: "integer" }, { type: "string" }] };
  if (isObject(value) && value["type"] === "object" && isObject(value["properties"])) return { additionalProperties: false, ...value };
  return value;
}

const definitions = at(JSON.parse(readFileSync(source, "utf8"), toJsonSchema), "definitions");
if (!isObject(definitions)) throw new Error(`Cannot read ${source}: must have definitions`);
mkdirSync(target, { recursive: true });
for (const [name, definition] of Object.entries(definitions)) {
  for (const id of listAt(definition, "x-kubernetes-group-version-kind").filter((one) => GROUPS.includes(at(one, "group")))) {
    // The name that kubeconform looks for.
    const parts = [at(id, "kind"), String(at(id, "group")).split(".")[0], at(id, "version")];
    const file = `${parts.filter((part) => part !== "").join("-").toLowerCase()}.json`;
    writeFileSync(join(target, file), JSON.stringify({ $ref: `#/definitions/${name}`, definitions }));
  }
}
