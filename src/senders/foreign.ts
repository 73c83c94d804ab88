/** Readers of what a platform sent: a value of an undocumented type is treated as absent, and nothing throws. */

/** An object's own field; undefined if it is absent, or if `value` is not an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The text of a field. A lone surrogate becomes U+FFFD, since UTF-8 cannot encode it. */
export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field.toWellFormed() : undefined;
}

/** The elements of a field; empty if it is not a list. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field : [];
}

/** Whether a JSON value is an object and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
