import type { Outcome } from "./core/outcome.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface IntegerRule {
  readonly min: number;
  readonly max: number;
  readonly whenUnset: number;
}

export interface TextRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

// RFC 6750 section 2.1: anything else could not stand in an Authorization header, so no request would ever match.
const TOKEN: TextRule = { pattern: /^[\x21-\x7e]+$/, rule: "must be visible ASCII characters without spaces" };

/** An empty variable counts as unset. */
export function read(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}

/** A line that begins with the variable's name, and holds no value. */
export function refuse(name: string, problem: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `${name}: ${problem}` };
}

export function readToken(env: Environment, name: string): Outcome<string | undefined, string> {
  return readMatching(env, name, TOKEN);
}

export function readMatching(env: Environment, name: string, { pattern, rule }: TextRule): Outcome<string | undefined, string> {
  const text = read(env, name);
  return text === undefined || pattern.test(text) ? { ok: true, value: text } : refuse(name, rule);
}

export function readInteger(env: Environment, name: string, rule: IntegerRule): Outcome<number, string> {
  const text = read(env, name);
  if (text === undefined) return { ok: true, value: rule.whenUnset };
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= rule.min && value <= rule.max) return { ok: true, value };
  return refuse(name, `must be a whole number from ${rule.min} to ${rule.max} in decimal digits`);
}
