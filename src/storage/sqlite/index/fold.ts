/**
 * Folds case so that two strings equal under ECMAScript's `iu` matching fold to the same string, code
 * point by code point. It may fold further (`ß` and `ss`), so it serves to find candidates, not to decide.
 *
 * Lower case first: `ẞ` has no upper case of its own, its lower case `ß` has. The last step undoes the
 * one rule of `toLowerCase` that looks at the neighbours, the final sigma.
 */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

// A long phrase is narrowed down enough by a few of its trigrams; each one more costs a walk of its list.
const MAX_TRIGRAMS = 16;

/**
 * The FTS5 query whose matches include every text that contains `q`, or undefined where `q` is too short
 * for a trigram index. Each trigram stands alone, since `detail=none` keeps no positions
 * (https://www.sqlite.org/fts5.html#the_detail_option).
 */
export function trigramQuery(q: string): string | undefined {
  // The tokenizer passes over NUL, in the index as here.
  const folded = [...foldCase(q).replaceAll("\0", "")];
  if (folded.length < 3) return undefined;
  const stride = Math.max(1, Math.ceil((folded.length - 2) / MAX_TRIGRAMS));
  const trigrams = new Set<string>();
  for (let start = 0; start + 3 <= folded.length; start += stride) trigrams.add(folded.slice(start, start + 3).join(""));
  return [...trigrams].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(" AND ");
}
