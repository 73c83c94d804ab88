/** The elements of a list in a header, in lower case; empty ones do not count (RFC 9110, section 5.6.1). */
export function readList(value: string | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return value.toLowerCase().split(",").map((element) => element.trim()).filter((element) => element !== "");
}

const NONE: readonly string[] = [];
