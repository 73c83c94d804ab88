/** What a PromQL expression refers to: metric names, and the labels in its selectors and groupings. */
export interface References {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "and", "or", "unless", "on", "ignoring", "group_left", "group_right", "by", "without", "offset", "bool", "inf", "nan",
]);

/** Supports what the dashboard and the rules use, not all of PromQL. */
export function referencesOf(expression: string): References {
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
