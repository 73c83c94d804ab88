import assert from "node:assert/strict";
import { test } from "node:test";
import { addressKey } from "../../src/http/address-key.ts";

const KEYS: readonly (readonly [string, string | undefined])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["192.0.2.7:51234", "192.0.2.7"],
  ["192.0.2.7:", "192.0.2.7"],
  ["[192.0.2.7]", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:0207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["[::ffff:192.0.2.7]:443", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::9", "2001:db8:1:3::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  // Within 96 zero bits, but not mapped.
  ["::192.0.2.7", "0:0:0:0::/64"],
  ["", undefined],
  ["unknown", undefined],
  ["_hidden", undefined],
  ["192.0.2", undefined],
  ["192.0.2.256", undefined],
  ["192.0.2.07", undefined],
  ["192.0.2.7 ", undefined],
  ["2001:db8::1::2", undefined],
  ["[2001:db8::1", undefined],
  ["[2001:db8::1]x", undefined],
  ["for=192.0.2.7", undefined],
];

for (const [address, key] of KEYS) {
  test(`${JSON.stringify(address)} ${key === undefined ? "is not an address" : `counts as ${key}`}`, () => {
    assert.equal(addressKey(address), key);
  });
}
