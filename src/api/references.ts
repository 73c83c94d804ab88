import type { Content, Reference, ResponseObject } from "./openapi.ts";

/** Whether a value is given in place, not as a reference to a component. */
export function isInline<T extends object>(value: T | Reference): value is T {
  return !("$ref" in value);
}

/** The name of the component to which a reference leads: `Message` for `#/components/schemas/Message`. */
export function referencedName(reference: Reference): string {
  return reference.$ref.slice(reference.$ref.lastIndexOf("/") + 1);
}

/** The value itself, or the component to which it refers. Throws if there is no such component. */
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
