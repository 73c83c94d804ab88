/** The characters that a URI's query may not contain (RFC 3986, section 3.4); they would end the target of a `Link` header. */
const NOT_IN_QUERY = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;

/** The parameters that a page shares with those after it. */
const REPEATED: ReadonlySet<string> = new Set(["limit", "from", "to", "since", "until", "q", "order", "format"]);

/**
 * The `Link` header (RFC 8288) to the next page: the known parameters of this one, with the new cursor instead of cursor and offset.
 * Relative to the requested URL, whatever path prefix a proxy removed from it.
 */
export function nextLink(rawQuery: string, cursor: string): string {
  const kept = rawQuery.split("&").filter((pair) => REPEATED.has(nameOf(pair)));
  const query = [...kept, `cursor=${cursor}`].join("&").replaceAll(NOT_IN_QUERY, encodeURIComponent);
  return `<?${query}>; rel="next"`;
}

function nameOf(pair: string): string {
  return new URLSearchParams(`&${pair}`).keys().next().value ?? "";
}
