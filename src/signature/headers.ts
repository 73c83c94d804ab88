/** A header as Node gives it: one that was sent twice is joined with `, `. */
export type HeaderValue = string | readonly string[] | undefined;

/** A request's headers by their names in lower case, as Node has them. */
export type SignatureHeaders = Readonly<Record<string, HeaderValue>>;

/** Node never makes a list of the headers of signatures, but types them as possible ones. */
export function headerText(value: HeaderValue): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
