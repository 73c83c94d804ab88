/** What a PromQL expression asks for: metric names, and the labels that its selectors and groupings name. */
export interface Asked {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "and", "or", "unless", "on", "ignoring", "group_left", "group_right", "by", "without", "offset", "bool", "inf", "nan",
]);

/** Knows what the dashboard and the rules use, not all of PromQL. */
export function askedBy(expression: string): Asked {
  const labels = new Set<string>();
  const bare = expression
    .replaceAll(/\{((?:[^}"]|"(?:[^"\\]|\\.)*")*)\}/g, (_, matchers: string) => {
      for (const [, label = ""] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"/g)) labels.add(label);
      return " ";
    })
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, names: string) => {
      for (const [label] of names.matchAll(/\w+/g)) labels.add(label);
      return " ";
    })
    .replaceAll(/\[[^\]]*\]/g, " ")
    .replaceAll(/\boffset\s+\w+/g, " ");
  const names = Array.from(bare.matchAll(/(?<![\w.:])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])/g), ([, name = ""]) => name);
  return { metrics: [...new Set(names.filter((name) => !KEYWORDS.has(name)))], labels: [...labels] };
}
