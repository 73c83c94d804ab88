import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTimestamp } from "../../src/core/timestamp.ts";

describe("parseTimestamp", () => {
  for (const text of [
    "2025-01-15T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "1969-12-31T23:59:59Z",
    "2025-01-15T10:00:00.5Z",
    "2025-01-15T10:00:00.000000001Z",
    "2025-01-15T10:00:00.100000002Z",
    "2024-02-29T23:59:59Z",
    "2000-02-29T00:00:00Z",
    "0000-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2015-06-30T23:59:60.25Z",
    "9999-12-31T23:59:60Z",
  ]) {
    it(`keeps ${text} as it is`, () => {
      assert.equal(parseTimestamp(text)?.text, text);
    });
  }

  for (const [given, expected] of [
    ["2025-01-15t10:00:00z", "2025-01-15T10:00:00Z"],
    ["2025-01-15T10:00:00z", "2025-01-15T10:00:00Z"],
    ["2025-01-15t10:00:00.5Z", "2025-01-15T10:00:00.5Z"],
    ["2025-01-15T10:00:00.0Z", "2025-01-15T10:00:00Z"],
    ["2025-01-15T10:00:00.000000000Z", "2025-01-15T10:00:00Z"],
    ["2025-01-15T10:00:00.500Z", "2025-01-15T10:00:00.5Z"],
    ["2025-01-15T10:00:00.050Z", "2025-01-15T10:00:00.05Z"],
    ["2025-01-15T10:00:00.123456780Z", "2025-01-15T10:00:00.12345678Z"],
    ["2025-01-15T10:00:00+00:00", "2025-01-15T10:00:00Z"],
    ["2025-01-15T10:00:00-00:00", "2025-01-15T10:00:00Z"],
    ["2025-01-15T15:30:00+05:30", "2025-01-15T10:00:00Z"],
    ["2025-01-15T15:30:00.500+05:30", "2025-01-15T10:00:00.5Z"],
    ["2025-01-15T15:30:00.123456789+05:30", "2025-01-15T10:00:00.123456789Z"],
    ["2025-01-15T00:00:00+23:59", "2025-01-14T00:01:00Z"],
    ["2025-01-15T23:59:00-23:59", "2025-01-16T23:58:00Z"],
    ["2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z"],
    ["2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00Z"],
    ["2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"],
    ["2025-03-01T00:30:00+01:00", "2025-02-28T23:30:00Z"],
    ["2024-02-28T23:30:00-01:00", "2024-02-29T00:30:00Z"],
    ["0000-01-01T00:01:00+00:01", "0000-01-01T00:00:00Z"],
    ["9999-12-31T23:58:59-00:01", "9999-12-31T23:59:59Z"],
    ["0099-03-01T00:00:00+01:00", "0099-02-28T23:00:00Z"],
    ["1990-12-31T15:59:60-08:00", "1990-12-31T23:59:60Z"],
    ["2017-01-01T05:29:60+05:30", "2016-12-31T23:59:60Z"],
    ["2015-07-01T08:59:60.0+09:00", "2015-06-30T23:59:60Z"],
  ] as const) {
    it(`converts ${given} to UTC without trailing zeros`, () => {
      assert.equal(parseTimestamp(given)?.text, expected);
    });
  }

  for (const [name, text] of [
    ["an empty text", ""],
    ["a date", "2025-01-15"],
    ["no zone", "2025-01-15T10:00:00"],
    ["no zone after a fraction", "2025-01-15T10:00:00.5"],
    ["no seconds", "2025-01-15T10:00Z"],
    ["a space instead of the T", "2025-01-15 10:00:00Z"],
    ["leading white space", " 2025-01-15T10:00:00Z"],
    ["trailing white space", "2025-01-15T10:00:00Z "],
    ["a trailing line feed", "2025-01-15T10:00:00Z\n"],
    ["a trailing NUL", "2025-01-15T10:00:00Z\u0000"],
    ["text after an offset", "2025-01-15T10:00:00+05:30Z"],
    ["epoch seconds", "1736935200"],
    ["the basic format of ISO 8601", "20250115T100000.000Z"],
    ["a week date", "2025-W03-3T10:00:00Z"],
    ["a signed year", "+2025-01-15T10:00:00Z"],
    ["a five-digit year", "12025-01-15T10:00:00Z"],
    ["other separators in the date", "2025/01/15T10:00:00Z"],
    ["another first separator in the date", "2025/01-15T10:00:00Z"],
    ["another last separator in the date", "2025-01/15T10:00:00Z"],
    ["another first separator in the time", "2025-01-15T10.00:00Z"],
    ["another last separator in the time", "2025-01-15T10:00.00Z"],
    ["a letter instead of a digit in the year", "2O25-01-15T10:00:00Z"],
    ["a letter at the end of the year", "202x-01-15T10:00:00Z"],
    ["a letter in the second", "2025-01-15T10:00:0xZ"],
    ["digits that are not ASCII", "\u0662025-01-15T10:00:00Z"],
    ["a full-width digit", "2025-01-15T10:00:0\uff10Z"],
    ["a comma instead of the dot", "2025-01-15T10:00:00,5Z"],
    ["a dot without digits", "2025-01-15T10:00:00.Z"],
    ["a dot without digits before an offset", "2025-01-15T10:00:00.+00:00"],
    ["ten fractional digits", "2025-01-15T10:00:00.1234567890Z"],
    ["ten fractional digits that are zeros", "2025-01-15T10:00:00.0000000000Z"],
    ["a letter in the fraction", "2025-01-15T10:00:00.5xZ"],
    ["month 00", "2025-00-15T10:00:00Z"],
    ["month 13", "2025-13-15T10:00:00Z"],
    ["day 00", "2025-01-00T10:00:00Z"],
    ["32 January", "2025-01-32T10:00:00Z"],
    ["31 April", "2025-04-31T10:00:00Z"],
    ["29 February of a common year", "2025-02-29T10:00:00Z"],
    ["29 February of a century that is not a leap year", "1900-02-29T10:00:00Z"],
    ["30 February of a leap year", "2024-02-30T10:00:00Z"],
    ["hour 24", "2025-01-15T24:00:00Z"],
    ["minute 60", "2025-01-15T10:60:00Z"],
    ["second 61", "2016-12-31T23:59:61Z"],
    ["offset hour 24", "2025-01-15T10:00:00+24:00"],
    ["offset minute 60", "2025-01-15T10:00:00+05:60"],
    ["an offset without a colon", "2025-01-15T10:00:00+0530"],
    ["an offset of hours only", "2025-01-15T10:00:00+05"],
    ["an offset with seconds", "2025-01-15T10:00:00+05:30:00"],
    ["an offset with another separator", "2025-01-15T10:00:00+05.30"],
    ["an offset with a typographic minus sign", "2025-01-15T10:00:00\u221205:30"],
    ["a letter in the offset", "2025-01-15T10:00:00+0x:30"],
    ["another letter for the zone", "2025-01-15T10:00:00A"],
    ["a zone in brackets (RFC 9557)", "2025-01-15T10:00:00Z[UTC]"],
    ["an instant before the year 0000", "0000-01-01T00:00:00+00:01"],
    ["an instant after the year 9999", "9999-12-31T23:59:59-00:01"],
    ["a leap second after the year 9999", "9999-12-31T23:59:60-00:01"],
    ["a leap second within a day", "2016-12-31T22:59:60Z"],
    ["a leap second within an hour", "2016-12-31T23:58:60Z"],
    ["a leap second on another day of December", "2016-12-30T23:59:60Z"],
    ["a leap second on another day of June", "2015-06-29T23:59:60Z"],
    ["a leap second at the end of March", "2015-03-31T23:59:60Z"],
    ["a leap second at the end of January", "2025-01-31T23:59:60Z"],
    ["a leap second at 23:59 local time", "2016-12-31T23:59:60+01:00"],
    ["a leap second that the offset moves to another minute", "2016-12-31T23:59:60-00:01"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.equal(parseTimestamp(text), undefined);
    });
  }

  for (const [text, epochMs] of [
    ["1970-01-01T00:00:00Z", 0],
    ["2025-01-15T10:00:00Z", 1_736_935_200_000],
    ["2025-01-15T15:30:00+05:30", 1_736_935_200_000],
    ["2025-01-15T10:00:00.1Z", 1_736_935_200_100],
    ["2025-01-15T10:00:00.12Z", 1_736_935_200_120],
    ["2025-01-15T10:00:00.123Z", 1_736_935_200_123],
    ["2025-01-15T10:00:00.001Z", 1_736_935_200_001],
    ["2025-01-15T10:00:00.999999999Z", 1_736_935_200_999],
    ["1969-12-31T23:59:59.9999Z", -1],
    ["1969-12-31T23:59:59Z", -1_000],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000],
    ["2017-01-01T00:00:00Z", 1_483_228_800_000],
    ["2016-12-31T23:59:60.5Z", 1_483_228_800_500],
    ["9999-12-31T23:59:60Z", 253_402_300_800_000],
  ] as const) {
    it(`gives ${epochMs} ms since the epoch for ${text}`, () => {
      assert.equal(parseTimestamp(text)?.epochMs, epochMs);
    });
  }

  it("agrees with the platform's calendar from the year 0000 to the year 9999", () => {
    const msPerDay = 86_400_000;
    // Steps of a prime number of days reach every day of the calendar's cycle of 400 years.
    for (let day = -719_528; day < 2_932_897; day += 11) {
      const epochMs = day * msPerDay;
      const text = `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
      if (parseTimestamp(text)?.epochMs !== epochMs) assert.fail(text);
    }
  });

  it("agrees with the platform's calendar if the offset changes the day", () => {
    const msPerDay = 86_400_000;
    for (let day = -719_527; day < 2_932_896; day += 19) {
      const date = new Date(day * msPerDay).toISOString().slice(0, 10);
      const before = new Date((day - 1) * msPerDay).toISOString().slice(0, 10);
      const after = new Date((day + 1) * msPerDay).toISOString().slice(0, 10);
      if (parseTimestamp(`${date}T00:00:00+01:00`)?.text !== `${before}T23:00:00Z`) assert.fail(date);
      if (parseTimestamp(`${date}T23:00:00-01:00`)?.text !== `${after}T00:00:00Z`) assert.fail(date);
    }
  });
});
