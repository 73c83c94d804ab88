import { signedPost } from "./wire.ts";

const START = "POST /webhook HTTP/1.1\r\n";
const HOST = "Host: x\r\n";

/** Heads after which two parsers may disagree about where the request ends (RFC 9112, section 11.2); each is followed by a whole delivery. */
const HEADS: readonly string[] = [
  `${START}${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`,
  `${START}${HOST}Content-Length: 0, 5\r\n\r\n`,
  `${START}${HOST}Content-Length: +0\r\n\r\n`,
  `${START}${HOST}Content-Length: 0x0\r\n\r\n`,
  `${START}${HOST}Content-Length: 99999999999999999999\r\n\r\n`,
  `${START}${HOST}Content-Length : 0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  `${START}${HOST}A: b\r\n Content-Length: 0\r\n\r\n`,
  `${START}${HOST}A: b\nContent-Length: 0\r\n\r\n`,
  `${START}${HOST}A: b\rContent-Length: 0\r\n\r\n`,
  "POST /webhook HTTP/1.1\nHost: x\n\n",
  "POST /webhook HTTP/1.1\r\n\r\n",
  `${START}${HOST}host: y\r\nContent-Length: 0\r\n\r\n`,
  "POST /webhook HTTP/2.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  "POST /webhook HTTP/1.2\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  `${START}${HOST}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n`,
  `${START}${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n`,
];

export const SMUGGLED_IDS: readonly string[] = HEADS.map((_, index) => `smuggled-${index}`);

export const SMUGGLING: readonly string[] = HEADS.map((head, index) => head + signedPost(SMUGGLED_IDS[index] ?? ""));
