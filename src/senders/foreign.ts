/** Readers of what a platform sent: a value of another type than the documented one is absent, and nothing throws. */

/** The field of an object, its own ones alone; undefined if there is none, or `value` is not an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The text of a field. Half a surrogate pair becomes U+FFFD, as UTF-8 has no form for it. */
export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field.toWellFormed() : undefined;
}

/** The elements of a field, none if it is not a list. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field : [];
}

/** Whether a value of a foreign JSON text is an object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
