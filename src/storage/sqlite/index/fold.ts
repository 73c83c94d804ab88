/**
 * Folds case, code point by code point, so that strings equal under ECMAScript's `iu` matching fold to the same string. It may
 * fold further (`ß` and `ss`), so it only finds candidates.
 *
 * Lower case first: `ẞ` has no upper case of its own, but its lower case `ß` has. The last step undoes the only rule of
 * `toLowerCase` that depends on neighbours, the final sigma.
 */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

// A few trigrams of a long phrase narrow the rows down enough; each further one costs a walk of its list.
const MAX_TRIGRAMS = 16;

/**
 * The FTS5 query whose matches include every text that contains `q`; undefined if `q` is too short for a trigram index. The query
 * does not require trigrams to be adjacent, since `detail=none` stores no positions
 * (https://www.sqlite.org/fts5.html#the_detail_option).
 */
export function trigramQuery(q: string): string | undefined {
  // The tokenizer skips NUL, in the index as here.
  const folded = [...foldCase(q).replaceAll("\0", "")];
  if (folded.length < 3) return undefined;
  const stride = Math.max(1, Math.ceil((folded.length - 2) / MAX_TRIGRAMS));
  const trigrams = new Set<string>();
  for (let start = 0; start + 3 <= folded.length; start += stride) trigrams.add(folded.slice(start, start + 3).join(""));
  return [...trigrams].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(" AND ");
}
