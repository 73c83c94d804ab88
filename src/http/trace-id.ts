// Version, trace-id and parent-id (neither all zero), flags; then the end or, in later versions, what they add.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[^,]*)?$/;

/**
 * The trace-id of a `traceparent` header (W3C Trace Context, section 3.2): 32 lower-case hex digits.
 *
 * Undefined for everything else: upper case, version `ff`, ids that are all zero, version `00` with more than 55 characters, a
 * later version in which the first 55 characters are followed by anything but a dash, and a header that was sent twice, which
 * Node joins with a comma.
 */
export function readTraceId(traceparent: string | readonly string[] | undefined): string | undefined {
  if (typeof traceparent !== "string") return undefined;
  const [, version, traceId, added] = TRACEPARENT.exec(traceparent) ?? [];
  return version === "00" && added !== undefined ? undefined : traceId;
}
