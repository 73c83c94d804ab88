import { referencedName } from "../api/references.ts";
import type { Components, Schema } from "../api/openapi.ts";
import { escapeHtml, inlineHtml } from "./html.ts";

/** One parameter, header or property. */
export interface Field {
  readonly name: string;
  /** `optional`, `required`, or empty if neither is shown. */
  readonly need: "required" | "optional" | "";
  readonly schema: Schema;
  readonly description: string;
  /** If absent, the schema's first example. */
  readonly example?: unknown;
}

/** A list of fields; empty if there are none. */
export function fieldsHtml(fields: readonly Field[]): string {
  if (fields.length === 0) return "";
  const rows = fields.map(({ name, need, schema, description, example = schema.examples?.[0] }) => {
    const badge = need === "" ? "" : ` <span class="need ${need}">${need}</span>`;
    const words = description === "" ? "" : `<p>${inlineHtml(description)}</p>`;
    const shown = example === undefined ? "" : `, such as ${code(typeof example === "string" ? example : JSON.stringify(example))}`;
    return `<div><dt><code>${escapeHtml(name)}</code>${badge}</dt><dd><p class="type">${typeHtml(schema)}${shown}</p>${words}</dd></div>`;
  });
  return `<dl class="fields">${rows.join("\n")}</dl>`;
}

/** The properties of an object, or of the objects in a list. */
export function propertiesHtml(schema: Schema, components: Components): string {
  const required = schema.required ?? [];
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]): Field => {
    const referenced = property.$ref === undefined ? undefined : components.schemas[referencedName({ $ref: property.$ref })];
    const description = property.description ?? (property.$ref === undefined ? "" : referenced?.description);
    return { name, need: required.includes(name) ? "" : "optional", schema: property, description: description ?? "" };
  });
  return fieldsHtml(fields);
}

/** The values that a schema accepts, in words, with links to named schemas. */
export function typeHtml(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = referencedName({ $ref: schema.$ref });
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(" or ");
  if (schema.oneOf !== undefined) return schema.oneOf.map(typeHtml).join(" or ");
  if (schema.type === undefined) return "any value";
  const types = [schema.type].flat().map((type) => (type === "array" ? listHtml(schema) : type));
  return [types.join(" or "), ...limitsHtml(schema)].join(", ");
}

function listHtml({ items, maxItems }: Schema): string {
  return `list of ${maxItems === undefined ? "" : `at most ${maxItems} `}${items === undefined ? "values" : typeHtml(items)}`;
}

function limitsHtml(schema: Schema): readonly string[] {
  const limits: string[] = [];
  const { minLength, maxLength, minimum, maximum } = schema;
  if (maxLength !== undefined) limits.push(`${minLength === undefined ? "at most" : `${minLength} to`} ${maxLength} characters`);
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined) limits.push(isOpen ? `${minimum} or more` : `${minimum} to ${maximum}`);
  if (schema.format !== undefined) limits.push(escapeHtml(schema.format));
  if (schema.pattern !== undefined) limits.push(`matches ${code(schema.pattern)}`);
  if (schema.default !== undefined) limits.push(`default ${code(String(schema.default))}`);
  return limits;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}
