import { hash, timingSafeEqual } from "node:crypto";

/** Creates a comparison with a token. It compares digests of equal length in constant time, so that not even the length leaks. */
export function createSameToken(token: string): (given: string) => boolean {
  const expected = hash("sha256", token, "buffer");
  return (given) => timingSafeEqual(hash("sha256", given, "buffer"), expected);
}
