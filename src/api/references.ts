import type { Content, Reference, ResponseObject } from "./openapi.ts";

/** Whether a thing stands in its place, not among the components. */
export function isInline<T extends object>(value: T | Reference): value is T {
  return !("$ref" in value);
}

/** The name of what a reference leads to: `Message` for `#/components/schemas/Message`. */
export function referencedName(reference: Reference): string {
  return reference.$ref.slice(reference.$ref.lastIndexOf("/") + 1);
}

/** The thing itself, or the component that it refers to. Throws where there is none of that name. */
export function dereference<T extends object>(value: T | Reference, components: Readonly<Record<string, T>>): T {
  if (isInline(value)) return value;
  const found = components[referencedName(value)];
  if (found === undefined) throw new Error(`Cannot follow ${value.$ref}: it must be among the components`);
  return found;
}

/** Every body that a response may have, by media type; undefined if it has none. */
export function contentOf(response: ResponseObject): Content | undefined {
  const { content, "x-content-on-request": onRequest } = response;
  return content === undefined ? undefined : { ...content, ...onRequest };
}
