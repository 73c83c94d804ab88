import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readAccept } from "./accept.ts";

/** A body in each content coding that the service sends (RFC 9110, section 8.4.1; RFC 7932). */
export interface Encodings {
  readonly br: Uint8Array;
  readonly gzip: Uint8Array;
}

/** In order of preference. */
const OFFERED = ["br", "gzip"] as const;
/** Of 11. Compression blocks the event loop: this quality saves four fifths of what 11 saves, in a hundredth of the time. */
const BROTLI_QUALITY = 6;

/**
 * Compresses a body that never changes: pages, assets, the OpenAPI document. Nothing else is compressed: a response may contain
 * messages of several senders, and its length could reveal texts of one sender to another (https://www.breachattack.com/).
 */
export function encode(body: string): Encodings {
  const parameters = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(body) };
  return { br: brotliCompressSync(body, { params: parameters }), gzip: gzipSync(body) };
}

/** The coding to use for this `Accept-Encoding` (section 12.5.3); undefined means none. */
export function preferredEncoding(accepted: string): keyof Encodings | undefined {
  const codings = readAccept(accepted);
  const any = codings.find(({ type }) => type === "*");
  const weightOf = (coding: string): number => (codings.find(({ type }) => type === coding) ?? any)?.weight ?? 0;
  const [best] = OFFERED.filter((coding) => weightOf(coding) > 0).toSorted((one, other) => weightOf(other) - weightOf(one));
  const identity = codings.find(({ type }) => type === "identity")?.weight ?? 0;
  return best !== undefined && weightOf(best) >= identity ? best : undefined;
}
