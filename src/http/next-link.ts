/** What a URI's query may hold (RFC 3986, section 3.4); the rest would end the target of a `Link` header. */
const NOT_IN_QUERY = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;

/** The `Link` header (RFC 8288) to the page behind this one: the same parameters, with a cursor in place of cursor and offset. */
export function nextLink(path: string, rawQuery: string, cursor: string): string {
  const kept = rawQuery.split("&").filter((pair) => pair !== "" && !["cursor", "offset"].includes(nameOf(pair)));
  const query = [...kept, `cursor=${cursor}`].join("&").replaceAll(NOT_IN_QUERY, encodeURIComponent);
  return `<${path}?${query}>; rel="next"`;
}

function nameOf(pair: string): string {
  return new URLSearchParams(`&${pair}`).keys().next().value ?? "";
}
