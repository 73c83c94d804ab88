/**
 * Characters that nobody sees: controls, formats, separators, those that a reader may ignore, the blank of Braille; of spaces all but
 * U+0020.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;
const BLANK = new RegExp(` |${INVISIBLE.source}`, "u");
const QUOTE = /["'`\u2018\u2019\u201c\u201d]/;
/** What is left once blanks and quotes are gone is what a person meant. */
const BLANKS_AND_QUOTES = new RegExp(`${BLANK.source}|${QUOTE.source}`, "gu");

const NAMES: ReadonlyMap<string, string> = new Map([
  [" ", "a blank"],
  ["\t", "a tab"],
  ["\n", "a line feed"],
  ["\r", "a carriage return"],
  ["\u00a0", "a no-break space"],
]);

/** What only a shell, Compose or a reader of .env files would have replaced, and did not. */
const UNREPLACED: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/(?:^|\/)~\//, "~/, which only a shell replaces"],
  [/\$\{/, "a ${…}, which nothing has replaced"],
  [/(?:^|\/)\$\w+(?:\/|$)/, "a $NAME, which only a shell replaces"],
  [/\$\(/, "a $(…), which only a shell replaces"],
  [/\s#/, "a # after a blank, which begins no comment here"],
  [/\ufffd/, "the character U+FFFD, which stands for bytes that are no UTF-8"],
];

/**
 * What a person would not expect in the value of a setting, in words that follow "has"; empty if nothing is odd. Holds no part
 * of the value but the code point of a character that nobody sees.
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

/** Whether there is nothing in it but blanks, quotes and what nobody sees. */
export function isBlank(text: string): boolean {
  return text.replaceAll(BLANKS_AND_QUOTES, "") === "";
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return NAMES.get(character) ?? `an invisible character (U+${code})`;
}
