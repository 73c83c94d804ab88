import { Buffer } from "node:buffer";
import type { Outcome } from "./core/outcome.ts";
import { odditiesOf } from "./odd-text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a text, or the rule that the text breaks: "must be …", to follow the variable's name. */
export type Parse<Value> = (text: string) => Outcome<Value, string>;

/** One environment variable: a row of README's table, of `.env.example` and of the Compose file. */
export interface Setting<Value> {
  readonly name: string;
  readonly parse: Parse<Value>;
  /** The value that an unset variable has, as it would be set; "" if it has none. */
  readonly default: string;
  /** The value in `.env.example`, for a variable without a default. */
  readonly example?: string;
  /** The description in README's table. */
  readonly doc: string;
  /** Whether it is a key or a token. */
  readonly secret?: true;
  /** The range, if it is a whole number. */
  readonly range?: Range;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

interface TextRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

/** A variable that is empty, or has only white space, is treated as unset. */
export function isSet(env: Environment, { name }: { readonly name: string }): boolean {
  return (env[name] ?? "").trim() !== "";
}

/** The maximum length of a value in bytes: more than any key, path or URL needs. */
const MAX_BYTES = 4096;

/**
 * Reads the value of the variable, as a command or the service uses it.
 *
 * A refusal is a line that begins with the variable's name, contains no part of its value, and names what is odd about it. An
 * odd secret that fits its rule may be intended: it is accepted, and `warn` is called with what is odd. `warn` is also called if a
 * value of white space is treated as unset.
 */
export function readSetting<Value>(env: Environment, setting: Setting<Value>, warn: Warn = () => {}): Outcome<Value, string> {
  const given = env[setting.name] ?? "";
  const text = isSet(env, setting) ? given : setting.default;
  if (given !== "" && !isSet(env, setting)) warn(`${setting.name}: has only white space, and is treated as unset`);
  const read = readText(setting, text);
  if (!read.ok) return refuse(setting, read.error);
  for (const oddity of odditiesOf(text)) warn(`${setting.name}: has ${oddity}, which is taken as part of it`);
  return read;
}

/** Takes one line. */
export type Warn = (line: string) => void;

/** Reads a text from elsewhere by the rule of a setting. A refusal is the rule that it breaks. */
export function readText<Value>(setting: Setting<Value>, text: string): Outcome<Value, string> {
  if (Buffer.byteLength(text) > MAX_BYTES) return { ok: false, error: `must have at most ${MAX_BYTES} bytes` };
  const oddities = odditiesOf(text).join(" or ");
  if (oddities !== "" && setting.secret === undefined) return { ok: false, error: `must not have ${oddities}` };
  const parsed = setting.parse(text);
  if (parsed.ok || oddities === "") return parsed;
  return { ok: false, error: `${parsed.error}, and not have ${oddities}` };
}

/** A line that begins with the variable's name. */
export function refuse({ name }: { readonly name: string }, rule: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `${name}: ${rule}` };
}

/** The two properties of a setting that is a whole number. */
export function integer(min: number, max: number): { readonly parse: Parse<number>; readonly range: Range } {
  return {
    range: { min, max },
    parse(text) {
      const value = Number(text);
      if (/^[0-9]+$/.test(text) && value >= min && value <= max) return { ok: true, value };
      return { ok: false, error: `must be a whole number from ${min} to ${max} in decimal digits` };
    },
  };
}

/** Turns 0 into undefined. */
export function unlessZero(parse: Parse<number>): Parse<number | undefined> {
  return (text) => {
    const parsed = parse(text);
    return parsed.ok && parsed.value === 0 ? { ok: true, value: undefined } : parsed;
  };
}

/** Accepts a text that matches, unchanged. */
export function matching({ pattern, rule }: TextRule): Parse<string> {
  return (text) => (pattern.test(text) ? { ok: true, value: text } : { ok: false, error: rule });
}

/** Turns the empty text into undefined. */
export function optional<Value>(parse: Parse<Value>): Parse<Value | undefined> {
  return (text) => (text === "" ? { ok: true, value: undefined } : parse(text));
}
