import { seededRandom } from "../bench/messages.ts";

/** Random draws that a seed repeats. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  pick<T>(list: readonly [T, ...(readonly T[])]): T;
  /** True in one of this many draws. */
  oneIn(count: number): boolean;
  bytes(length: number): Buffer;
}

/** A separate generator for each case, so that one case can be repeated without the others. */
export function createRandom(seed: number, index: number): Random {
  // Similar seeds give xorshift similar first numbers, so they are mixed first (the finalizer of MurmurHash3).
  let state = Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  const next = seededRandom(state ^ (state >>> 16));
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (list) => list[below(list.length)] ?? list[0],
    oneIn: (count) => below(count) === 0,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}

/** Inputs with which parsers of HTTP, JSON and URLs are known to have trouble. */
const FRAGMENTS: readonly [string, ...string[]] = [
  "\u0000", "\r\n", "\n", "\r\n\r\n", " ", "\t", ":", "%", "%00", "%ff", "+", "&", "=", "?", "#", "/", "..", "\"", "\\", "\\u0000", "\\ud800",
  "{", "}", "[", "]", ",", "null", "-0", "1e999", "__proto__", "\u{1F600}", "\ufeff", "\u2028", "\u00c0\u0080",
  "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:\tchunked\r\n", "Content-Length: 0\r\n", "Content-Length: +3\r\n",
  "Content-Length: 99999999999999999999\r\n", "Host: y\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n",
  "HTTP/1.0", "HTTP/2.0", "0\r\n\r\n", "ffffffffffffffff\r\n", "5;ext=1\r\nabcde\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "sha256=",
];

/** Changes a few parts of `input`: flips bits, inserts bytes, removes or repeats parts, inserts a fragment. */
export function mutate(random: Random, input: Buffer): Buffer {
  let bytes = input;
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
    const at = random.below(bytes.length + 1);
    const end = at + random.below(Math.min(16, bytes.length - at + 1));
    const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    switch (random.below(5)) {
      case 0:
        bytes = Buffer.concat([before, random.bytes(1 + random.below(4)), bytes.subarray(at)]);
        break;
      case 1:
        bytes = Buffer.concat([before, after]);
        break;
      case 2:
        bytes = Buffer.concat([before, middle, middle, after]);
        break;
      case 3:
        bytes = Buffer.concat([before, Buffer.from(random.pick(FRAGMENTS)), random.oneIn(2) ? after : bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([before, Buffer.from(middle.map((byte) => byte ^ (1 << random.below(8)))), after]);
    }
  }
  return bytes;
}

/** A string of arbitrary characters, sometimes with lone surrogates. */
export function anyString(random: Random, maxLength: number): string {
  let text = "";
  for (let length = random.below(maxLength + 1); length > 0; length -= 1) {
    switch (random.below(6)) {
      case 0:
        text += String.fromCharCode(random.below(128));
        break;
      case 1:
        text += String.fromCodePoint(random.below(0xd800));
        break;
      case 2:
        text += String.fromCodePoint(0x10000 + random.below(0x100000));
        break;
      case 3:
        text += random.pick(FRAGMENTS);
        break;
      case 4:
        if (random.oneIn(20)) text += String.fromCharCode(0xd800 + random.below(0x800));
        break;
      default:
        text += String.fromCharCode(97 + random.below(26));
    }
  }
  return text;
}
