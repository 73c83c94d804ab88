/**
 * Reads the small part of YAML that the repository's manifests use: mappings and lists in block style, comments on lines of their own,
 * plain scalars, scalars in double quotes, and `[]`. Anything else throws, so that a file which needs more is noticed.
 */

export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** The documents of a file, in order. */
export function readYaml(source: string): readonly Yaml[] {
  return source.split(/^---\n/m).map((document) => {
    const lines = document.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).map(toLine);
    const [value, end] = readBlock(lines, 0);
    if (end !== lines.length) throw new Error(`Cannot read line ${JSON.stringify(lines[end]?.text)}: must be indented like its siblings`);
    return value;
  });
}

function toLine(source: string): Line {
  const text = source.trimStart();
  if (/\s$|\t/.test(source)) throw new Error(`Cannot read ${JSON.stringify(source)}: must have no tab and no space at its end`);
  return { indent: source.length - text.length, text };
}

/** The value that begins at a line, and the index of the line after it. */
function readBlock(lines: readonly Line[], start: number): readonly [Yaml, number] {
  const first = lines[start];
  if (first === undefined) throw new Error("Cannot read a block: must not be empty");
  return first.text.startsWith("- ") ? readList(lines, start, first.indent) : readMapping(lines, start, first.indent);
}

function readList(lines: readonly Line[], start: number, indent: number): readonly [Yaml, number] {
  const items: Yaml[] = [];
  let next = start;
  for (let line = lines[next]; line?.indent === indent && line.text.startsWith("- "); line = lines[next]) {
    const inner = { indent: indent + 2, text: line.text.slice(2) };
    if (isEntry(inner.text)) {
      // The first line of the entry follows the dash.
      const [value, end] = readMapping(lines.with(next, inner), next, inner.indent);
      items.push(value);
      next = end;
    } else {
      items.push(readScalar(inner.text));
      next += 1;
    }
  }
  return [items, next];
}

function readMapping(lines: readonly Line[], start: number, indent: number): readonly [Yaml, number] {
  const entries = new Map<string, Yaml>();
  let next = start;
  for (let line = lines[next]; line?.indent === indent && !line.text.startsWith("- "); line = lines[next]) {
    const [, key, scalar] = /^([\w./-]+):(?: (.+))?$/.exec(line.text) ?? [];
    if (key === undefined) throw new Error(`Cannot read ${JSON.stringify(line.text)}: must be a key with a value`);
    if (entries.has(key)) throw new Error(`Cannot read ${JSON.stringify(line.text)}: the key must be there once`);
    if (scalar === undefined && (lines[next + 1]?.indent ?? 0) <= indent) throw new Error(`Cannot read ${key}: must have a value`);
    const [value, end] = scalar === undefined ? readBlock(lines, next + 1) : [readScalar(scalar), next + 1] as const;
    entries.set(key, value);
    next = end;
  }
  return [Object.fromEntries(entries), next];
}

function isEntry(text: string): boolean {
  return /^[\w./-]+:(?: |$)/.test(text);
}

function readScalar(text: string): Yaml {
  if (text === "[]") return [];
  const [, quoted] = /^"([^"\\]*)"$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  if (/^[[\]{}>|*&!%@`'"#?,-]|: | #/.test(text)) throw new Error(`Cannot read ${JSON.stringify(text)}: must be plain or in double quotes`);
  if (text === "true" || text === "false") return text === "true";
  // YAML 1.1 reads these as a boolean or null.
  if (/^(?:yes|no|on|off|y|n|null|~)$/i.test(text)) throw new Error(`Cannot read ${text}: must be in double quotes`);
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
