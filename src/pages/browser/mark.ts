import { create } from "./dom.ts";

/** A text in which every match of a search is in a `mark` element. */
export function markAll(text: string, search: RegExp | undefined): readonly (string | HTMLElement)[] {
  if (search === undefined) return [text];
  const parts: (string | HTMLElement)[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(new RegExp(search.source, `${search.flags}g`))) {
    parts.push(text.slice(end, index), create("mark", {}, found));
    end = index + found.length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}
