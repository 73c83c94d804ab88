/**
 * Invisible characters: controls, formats, separators, default-ignorable code points, the Braille blank, and all spaces except
 * U+0020.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;
const BLANK = new RegExp(` |${INVISIBLE.source}`, "u");
const QUOTE = /["'`\u2018\u2019\u201c\u201d]/;
/** Removed to see whether a text has any other characters. */
const BLANKS_AND_QUOTES = new RegExp(`${BLANK.source}|${QUOTE.source}`, "gu");

const NAMES: ReadonlyMap<string, string> = new Map([
  [" ", "a blank"],
  ["\t", "a tab"],
  ["\n", "a line feed"],
  ["\r", "a carriage return"],
  ["\u00a0", "a no-break space"],
]);

/** Forms that only a shell, Compose or a reader of .env files replaces, and that were not replaced. */
const UNREPLACED: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/(?:^|\/)~\//, "~/, which only a shell replaces"],
  [/(?:^|\/)~[\w.-]+\//, "~NAME/, which only a shell replaces"],
  [/\$\{/, "a ${…}, which nothing has replaced"],
  [/^(?:export\s+)?[A-Z][A-Z0-9_]*=[^=]/, "the name of a variable at its start"],
  [/\{\{/, "a {{…}}, which nothing has replaced"],
  [/(?:^|\/)\$\w+(?:[/.]|$)/, "a $NAME, which only a shell replaces"],
  [/\$\(/, "a $(…), which only a shell replaces"],
  [/\s#/, "a # after a blank, which does not begin a comment here"],
  [/\\[nrt]$/, "a backslash and a letter at its end, which nothing has replaced"],
  [/\ufffd/, "the character U+FFFD, which stands for bytes that are not UTF-8"],
];

/**
 * What a person would not expect in the value of a setting, in words that follow "has"; empty if nothing is odd. Contains no
 * part of the value except the code point of an invisible character.
 */
export function odditiesOf(text: string): readonly string[] {
  const characters = Array.from(text);
  const [first = "", last = ""] = [characters.at(0), characters.at(-1)];
  const inner = characters.slice(1, -1).find((character) => INVISIBLE.test(character));
  const found: string[] = [];
  if (BLANK.test(first)) found.push(`${nameOf(first)} at its start`);
  if (QUOTE.test(first)) found.push("a quote at its start");
  if (inner !== undefined) found.push(`${nameOf(inner)} within it`);
  for (const [pattern, name] of UNREPLACED) if (pattern.test(text)) found.push(name);
  if (characters.length > 1 && QUOTE.test(last)) found.push("a quote at its end");
  if (characters.length > 1 && BLANK.test(last)) found.push(`${nameOf(last)} at its end`);
  return found;
}

/** Whether a text consists only of blanks, quotes and invisible characters. */
export function isBlank(text: string): boolean {
  return text.replaceAll(BLANKS_AND_QUOTES, "") === "";
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return NAMES.get(character) ?? `an invisible character (U+${code})`;
}
