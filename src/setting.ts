import type { Outcome } from "./core/outcome.ts";

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

/** Refusal: a line that begins with the variable's name and does not hold its value. */
export function readSetting<Value>(env: Environment, setting: Setting<Value>): Outcome<Value, string> {
  const parsed = setting.parse(env[setting.name] || setting.default);
  return parsed.ok ? parsed : refuse(setting, parsed.error);
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
