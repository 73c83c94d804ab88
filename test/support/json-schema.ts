import type { Components, JsonType, Schema } from "../../src/api/openapi.ts";
import { parseTimestamp } from "../../src/core/timestamp.ts";

type Check = (value: unknown, schema: Schema, context: Context) => readonly string[];

interface Context {
  readonly components: Pick<Components, "schemas">;
  /** The path of the value, for messages. */
  readonly path: string;
}

const IS: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

/** Finds the problems of a value, by keyword. As JSON Schema requires, most keywords ignore values of other types. */
const CHECKS: Readonly<Record<keyof Schema, Check>> = {
  $ref: (value, { $ref = "" }, context) => check(value, resolveSchema($ref, context.components), context),
  type: (value, { type }) => problem([type].flat().some((name) => name !== undefined && IS[name](value)), `must be ${[type].flat().join(" or ")}`),
  enum: (value, schema) => problem(schema.enum?.some((allowed) => allowed === value), `must be one of ${JSON.stringify(schema.enum)}`),
  const: (value, schema) => problem(value === schema.const, `must be ${JSON.stringify(schema.const)}`),
  pattern: (value, { pattern = "" }) => problem(typeof value !== "string" || new RegExp(pattern, "u").test(value), `must match ${pattern}`),
  // The formats that are asserted here; JSON Schema makes them annotations (validation, section 7.2.1).
  format: (value, { format }) => problem(hasFormat(value, format), `must be a ${format}`),
  minLength: (value, { minLength = 0 }) => problem(typeof value !== "string" || Array.from(value).length >= minLength, `must have ${minLength} characters`),
  maxLength: (value, { maxLength = 0 }) => problem(typeof value !== "string" || Array.from(value).length <= maxLength, `must have at most ${maxLength} characters`),
  minimum: (value, { minimum = 0 }) => problem(typeof value !== "number" || value >= minimum, `must be at least ${minimum}`),
  maximum: (value, { maximum = 0 }) => problem(typeof value !== "number" || value <= maximum, `must be at most ${maximum}`),
  minItems: (value, { minItems = 0 }) => problem(!Array.isArray(value) || value.length >= minItems, `must have ${minItems} items`),
  maxItems: (value, { maxItems = 0 }) => problem(!Array.isArray(value) || value.length <= maxItems, `must have at most ${maxItems} items`),
  items(value, { items = {} }, context) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => check(item, items, { ...context, path: `${context.path}/${index}` }));
  },
  required: (value, { required = [] }) => (isObject(value) ? required.filter((name) => !(name in value)).map((name) => `must have ${name}`) : []),
  properties(value, { properties = {} }, context) {
    if (!isObject(value)) return [];
    return Object.entries(value).flatMap(([name, member]) => {
      const schema = properties[name];
      const path = `${context.path}/${name}`;
      // JSON Schema would accept it, but the document has to be complete.
      return schema === undefined ? [`${path}: is not described`] : check(member, schema, { ...context, path });
    });
  },
  oneOf(value, { oneOf = [] }, context) {
    const matching = oneOf.filter((schema) => check(value, schema, context).length === 0);
    return problem(matching.length === 1, `must match one of ${oneOf.length} schemas, matches ${matching.length}`);
  },
  contentSchema(value, { contentSchema = {}, contentMediaType }, context) {
    if (contentMediaType !== "application/x-ndjson" || typeof value !== "string") return [`cannot be checked as ${contentMediaType}`];
    // Each line ends with a line feed.
    const lines = value.split("\n");
    return [...problem(lines.pop() === "", "must end with a line feed"), ...lines.flatMap((line) => check(JSON.parse(line), contentSchema, context))];
  },
  contentMediaType: () => [],
  description: () => [],
  default: () => [],
  examples: () => [],
};

/**
 * The problems of a value according to a schema (JSON Schema 2020-12), for the keywords that the document uses. Stricter in one
 * point: if a schema has `properties`, the object may not have others.
 */
export function problemsOf(value: unknown, schema: Schema, components: Pick<Components, "schemas">): readonly string[] {
  return check(value, schema, { components, path: "" });
}

function check(value: unknown, schema: Schema, context: Context): readonly string[] {
  const checks: Readonly<Record<string, Check>> = CHECKS;
  return Object.keys(schema).flatMap((keyword) => {
    const ofKeyword = checks[keyword];
    if (ofKeyword === undefined) return [`${context.path}: the keyword ${keyword} is not supported here`];
    return ofKeyword(value, schema, context).map((text) => (text.startsWith("/") ? text : `${context.path}: ${text}`));
  });
}

function resolveSchema($ref: string, components: Pick<Components, "schemas">): Schema {
  const schema = components.schemas[$ref.replace("#/components/schemas/", "")];
  if (schema === undefined) throw new Error(`Cannot check a value: ${$ref} must be in the document`);
  return schema;
}

function hasFormat(value: unknown, format: string | undefined): boolean {
  if (format === "int64") return typeof value !== "number" || Number.isSafeInteger(value);
  return format === "date-time" && (typeof value !== "string" || parseTimestamp(value) !== undefined);
}

function problem(holds: boolean | undefined, text: string): readonly string[] {
  return holds === true ? [] : [text];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
