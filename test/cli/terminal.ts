import type { Terminal } from "../../src/cli/terminal.ts";

export interface TestTerminal extends Terminal {
  readonly printed: () => string;
  readonly complaints: string[];
  /** The requested waits, in milliseconds. */
  readonly waits: number[];
}

/** A terminal that records what it is given and does not wait. `parts` replaces some of its members. */
export function testTerminal(parts: Partial<Terminal> = {}): TestTerminal {
  const complaints: string[] = [];
  const waits: number[] = [];
  const decoder = new TextDecoder();
  let printed = "";
  return {
    version: "0.0.0",
    env: {},
    input: async function* () {},
    print: (line) => {
      printed += `${line}\n`;
    },
    write: async (chunk) => {
      printed += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    },
    complain: (line) => complaints.push(line),
    screen: undefined,
    wait: async (ms) => {
      waits.push(ms);
    },
    beforeKilled: () => undefined,
    ...parts,
    printed: () => printed,
    complaints,
    waits,
  };
}
