import { Buffer } from "node:buffer";
import type { Outcome } from "./core/outcome.ts";
import { odditiesOf } from "./odd-text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Gives the value that a text stands for, or the rule that the text breaks: "must be …", to follow the variable's name. */
export type Parse<Value> = (text: string) => Outcome<Value, string>;

/** One variable of the environment: a row of README's table, of `.env.example` and of the Compose file. */
export interface Setting<Value> {
  readonly name: string;
  readonly parse: Parse<Value>;
  /** What an unset variable stands for, as it would be set; "" if it stands for nothing. */
  readonly default: string;
  /** What `.env.example` shows of a variable without a default. */
  readonly example?: string;
  /** What README's table says of it. */
  readonly doc: string;
  /** It is a key or a token. */
  readonly secret?: true;
  /** Whole numbers from `min` to `max` alone. */
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

/** An empty variable counts as unset. */
export function isSet(env: Environment, { name }: { readonly name: string }): boolean {
  return (env[name] ?? "") !== "";
}

/** The most bytes that a value may have: more than any key, path or URL needs. */
const MAX_BYTES = 4096;

/**
 * Gives what the variable stands for, as a command or the service uses it.
 *
 * Refusal: a line that begins with the variable's name, holds no part of its value, and says what is odd about it. An odd
 * secret that fits its rule may be intended: it is accepted, and `warn` is told what is odd.
 */
export function readSetting<Value>(env: Environment, setting: Setting<Value>, warn: Warn = () => {}): Outcome<Value, string> {
  const text = env[setting.name] || setting.default;
  const read = readText(setting, text);
  if (!read.ok) return refuse(setting, read.error);
  for (const oddity of odditiesOf(text)) warn(`${setting.name}: has ${oddity}, which is taken as part of it`);
  return read;
}

/** Takes one line. */
export type Warn = (line: string) => void;

/** The same for a text from elsewhere. Refusal: the rule that it breaks. */
export function readText<Value>(setting: Setting<Value>, text: string): Outcome<Value, string> {
  if (Buffer.byteLength(text) > MAX_BYTES) return { ok: false, error: `must have up to ${MAX_BYTES} bytes` };
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

/** The two parts of the row of a whole number. */
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

/** Undefined for 0. */
export function unlessZero(parse: Parse<number>): Parse<number | undefined> {
  return (text) => {
    const parsed = parse(text);
    return parsed.ok && parsed.value === 0 ? { ok: true, value: undefined } : parsed;
  };
}

/** The text as it is. */
export function matching({ pattern, rule }: TextRule): Parse<string> {
  return (text) => (pattern.test(text) ? { ok: true, value: text } : { ok: false, error: rule });
}

/** Undefined for the empty text. */
export function optional<Value>(parse: Parse<Value>): Parse<Value | undefined> {
  return (text) => (text === "" ? { ok: true, value: undefined } : parse(text));
}
