/**
 * Whether `text` has more than `limit` Unicode code points. A lone surrogate counts as one. Free of cost for a text of at most
 * `limit` UTF-16 units, or of more than twice as many.
 */
export function exceedsCodePoints(text: string, limit: number): boolean {
  const units = text.length;
  if (units <= limit) return false;
  if (units > 2 * limit) return true;
  // Each surrogate pair is one code point of two units, so this many pairs bring the text within the limit.
  let pairsNeeded = units - limit;
  for (let at = 0; at < units - 1 && pairsNeeded > 0; at++) {
    if (isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1))) {
      pairsNeeded--;
      at++;
    }
  }
  return pairsNeeded > 0;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
