/** Unlike `trim`, which would also remove a no-break space, a byte that HTTP does not treat as white space. */
const SPACES = /^[ \t]+|[ \t]+$/g;

/** The elements of a list in a header, in lower case; empty ones do not count (RFC 9110, section 5.6.1). */
export function readList(value: string | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return value.toLowerCase().split(",").map((element) => element.replaceAll(SPACES, "")).filter((element) => element !== "");
}

const NONE: readonly string[] = [];
