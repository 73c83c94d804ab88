import { isIPv4, isIPv6 } from "node:net";

/**
 * The key of a client with this address: an IPv4 address unchanged; the first 64 bits of an IPv6 address, since one client
 * commonly has all addresses that begin with them (RFC 6177). An IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2) is
 * that IPv4 address. A port, brackets and a zone, which proxies add, are dropped.
 *
 * Returns undefined for a text that is not an address. The result is a copy, so it does not keep the whole header in memory.
 */
export function addressKey(address: string): string | undefined {
  const host = withoutPort(address);
  if (isIPv4(host)) return joinNumbers(host);
  if (!isIPv6(host)) return undefined;
  const groups = expand(host.slice(0, zoneStart(host)));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return `${groups.slice(0, 4).map((group) => group.toString(16)).join(":")}::/64`;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** The whole address, without port, brackets and zone; a mapped IPv4 address is given as IPv4. Undefined for any other text. */
export function fullAddress(address: string): string | undefined {
  // Returns early for most addresses: the matches of the regular expressions below would be garbage of every request.
  if (isIPv4(address)) return address;
  const host = withoutPort(address);
  if (isIPv4(host)) return host;
  if (!isIPv6(host)) return undefined;
  const key = addressKey(host);
  return key?.includes(":") ? host.slice(0, zoneStart(host)) : key;
}

function withoutPort(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::[0-9]*)?$/.exec(address)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^([^:]*):[0-9]*$/.exec(address)?.[1] ?? address;
}

/** Copies the text: a substring would keep the whole string in memory. */
function joinNumbers(address: string): string {
  return address.split(".").map(Number).join(".");
}

function zoneStart(address: string): number {
  const percent = address.indexOf("%");
  return percent === -1 ? address.length : percent;
}

/** The eight groups of a valid IPv6 address. */
function expand(address: string): readonly number[] {
  const [head = [], tail] = address.split("::").map(toGroups);
  if (tail === undefined) return head;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function toGroups(part: string): readonly number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
