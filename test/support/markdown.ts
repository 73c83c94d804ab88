export interface CodeBlock {
  /** The text after the opening fence. */
  readonly language: string;
  /** Without the fences and the final line feed. */
  readonly text: string;
}

/** The content under a heading, up to the next heading of any level. */
export interface Section {
  readonly codeBlocks: readonly CodeBlock[];
  /** The cells of every table, without header rows. */
  readonly rows: readonly (readonly string[])[];
}

/** The sections by heading, in the order of the page. Supports what the README uses: ATX headings, fenced code, tables with outer pipes. */
export function parseMarkdown(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  let codeBlocks: CodeBlock[] = [];
  let rows: string[][] = [];
  let fence: { readonly language: string; readonly lines: string[] } | undefined;

  for (const line of text.split("\n")) {
    if (fence !== undefined) {
      if (line === "```") {
        codeBlocks.push({ language: fence.language, text: fence.lines.join("\n") });
        fence = undefined;
      } else {
        fence.lines.push(line);
      }
    } else if (line.startsWith("```")) {
      fence = { language: line.slice(3), lines: [] };
    } else if (/^#+ /.test(line)) {
      codeBlocks = [];
      rows = [];
      sections.set(line.replace(/^#+ /, ""), { codeBlocks, rows });
    } else if (/^\|[-|]+\|$/.test(line)) {
      // The row before the delimiter row is the header.
      rows.pop();
    } else if (line.startsWith("|")) {
      rows.push(line.slice(1, -1).split("|").map((cell) => cell.trim()));
    }
  }
  return sections;
}

/** The headings of a page in order, including those that occur twice. */
export function headingsOf(text: string): readonly string[] {
  const prose = text.split(/^```.*$/m).filter((_, index) => index % 2 === 0).join("\n");
  return Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => heading);
}

/** The texts between backticks. */
export function codeSpans(text: string): readonly string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, span = ""]) => span);
}
