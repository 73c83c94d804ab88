/** What a URI's query may hold (RFC 3986, section 3.4); the rest would end the target of a `Link` header. */
const NOT_IN_QUERY = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;

/** What a page and those after it have in common. */
const REPEATED: ReadonlySet<string> = new Set(["limit", "from", "to", "since", "until", "q", "order", "format"]);

/**
 * The `Link` header (RFC 8288) to the page after this one: the same parameters as far as they are known, with a cursor in
 * place of cursor and offset. Relative to the URL that was asked for, whatever path prefix a proxy took from it.
 */
export function nextLink(rawQuery: string, cursor: string): string {
  const kept = rawQuery.split("&").filter((pair) => REPEATED.has(nameOf(pair)));
  const query = [...kept, `cursor=${cursor}`].join("&").replaceAll(NOT_IN_QUERY, encodeURIComponent);
  return `<?${query}>; rel="next"`;
}

function nameOf(pair: string): string {
  return new URLSearchParams(`&${pair}`).keys().next().value ?? "";
}
