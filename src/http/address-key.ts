import { isIPv4, isIPv6 } from "node:net";

/**
 * What stands for a client that is known by `address`: an IPv4 address as it is, of an IPv6 address its first 64 bits, since
 * one client commonly has all that follow them (RFC 6177). An IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2) is
 * that IPv4 address. A port, brackets and a zone are dropped: proxies write them.
 *
 * Returns undefined for a text that is not an address. What it returns is short and keeps no longer text alive.
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

/** The whole address, without port, brackets and zone, an IPv4 address in an IPv6 one as that; undefined for any other text. */
export function fullAddress(address: string): string | undefined {
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

/** A copy: a part of a longer text would keep all of it in memory. */
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
