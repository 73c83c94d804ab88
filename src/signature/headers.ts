/** A header as Node gives it: a header sent twice is joined with `, `. */
export type HeaderValue = string | readonly string[] | undefined;

/** A request's headers by lower-case name, as Node gives them. */
export type SignatureHeaders = Readonly<Record<string, HeaderValue>>;

/** Node never gives signature headers as a list, but its types allow it. */
export function headerText(value: HeaderValue): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
