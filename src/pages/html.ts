const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** A line of CommonMark with code spans as its only markup, as HTML. */
export function inlineHtml(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

/** Paragraphs of such lines, as HTML. */
export function proseHtml(text: string): string {
  return text.split("\n\n").map((paragraph) => `<p>${inlineHtml(paragraph)}</p>`).join("\n");
}
