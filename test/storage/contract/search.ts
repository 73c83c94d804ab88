import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { exportAll, listIds, assertSame, type ContractCase } from "./case.ts";

/** Texts that contain a phrase, and texts that do not, by Unicode simple case folding, which maps one code point to one. */
const ROWS: readonly [q: string, found: readonly string[], others: readonly string[]][] = [
  ["ΔΥΣ", ["Οδυσσεύς", "ὈΔΥΣΣΕΎΣ"], ["δυο"]],
  ["εύς", ["ὈΔΥΣΣΕΎΣ", "εύσ", "ΕΎΣ"], ["ευς"]],
  ["STRAẞE", ["straße", "Straẞe"], ["strasse", "STRASSE"]],
  ["k", ["K", "\u212A", "k"], ["c"]],
  ["s", ["S", "\u017F"], ["z"]],
  ["ж", ["Ж", "ж"], ["ш"]],
  ["Ա", ["ա"], ["բ"]],
  ["ა", ["Ა", "ა"], ["ბ"]],
  ["Ꭰ", ["ꭰ", "Ꭰ"], ["Ꭱ"]],
  ["\u{10400}", ["\u{10428}"], ["\u{10401}"]],
  ["\u{1E900}", ["\u{1E922}"], ["\u{1E901}"]],
  ["ａ", ["Ａ"], ["a"]],
  ["Ǆ", ["ǆ", "ǅ"], ["dž"]],
  ["ﬅ", ["ﬆ"], ["st"]],
  ["ı", ["ı"], ["I", "i", "İ"]],
  ["i", ["I"], ["ı", "İ"]],
  ["é", ["É"], ["e\u0301", "e"]],
  ["\u0301", ["e\u0301"], ["é"]],
  ["日本", ["日本語"], ["日 本"]],
  ["נ", ["שלום נא"], ["ו"]],
  ["0%", ["100%"], ["100 percent", "0"]],
  ["_", ["a_b"], ["ab"]],
  ["a.b", ["a.b"], ["axb"]],
  ["\\", ["back\\slash"], ["back/slash"]],
  ["\\%", ["a\\%"], ["a%", "\\"]],
  ["\"SO\"", ["it's \"so\""], ["so"]],
  ["'", ["it's"], ["its"]],
  ["a* OR b", ["a* or B"], ["a", "b"]],
  ["[a-z]", ["[A-Z]"], ["b"]],
  ["😀", ["😀😀"], ["😁"]],
  ["W\nL", ["new\nline"], ["new line"]],
  ["l\0i", ["nuL\0Inside"], ["nulinside"]],
  ["\0", ["\0", "a\0"], ["a"]],
  ["\u0001", ["\u0001"], ["\u0002", "\0"]],
  [" ", ["a b"], ["ab", "\u00a0"]],
  ["   abc", ["x   ABC"], ["x abc"]],
  ["\u00ad", ["soft\u00adhyphen"], ["softhyphen"]],
  ["x".repeat(300), [`ab${"X".repeat(301)}`], ["x".repeat(299)]],
];

/** Searching for substrings of the text. */
export const SEARCH: readonly ContractCase[] = [
  {
    promise: "P10",
    name: "a phrase is found in every script regardless of case, and no character has a special meaning",
    async run({ shared }) {
      const { store } = await shared();
      const upTo = Number.MAX_SAFE_INTEGER;
      const messages = ROWS.flatMap(([, found, others], row) => [...found, ...others].map((text, index) => message(`search${row}-${index}`, { from: `+10${row}`, text })));
      await store.insertAll([...messages, ...ROWS.map((_, row) => message(`search${row}-none`, { from: `+10${row}`, text: null }))]);
      for (const [row, [q, found]] of ROWS.entries()) {
        const ids = found.map((_, index) => `search${row}-${index}`);
        assert.deepEqual(await listIds(store, { from: `+10${row}`, q }), ids, JSON.stringify(q));
        const all = (await exportAll(store, { q, upTo })).map((one) => one.message_id);
        assert.deepEqual(all.filter((id) => id.startsWith(`search${row}-`)), ids, JSON.stringify(q));
      }
    },
  },
  {
    promise: "P10",
    name: "a phrase of any length, combined with any filter, returns the matching messages and their number",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      const phrases = ["grü", "δυσ", "%", "_", "\\", "\"", "abc", "a", "bcab", "l\u0000i", "nul\u0000ins", "nowhere", "0% SURE", "😀", "ß", "xx", "XXXX"];
      for (const [index, q] of phrases.entries()) {
        for (const filter of [{}, { from: "+1" }, { from: "+5", since: "2025-01-15T10:00:00Z" }, { to: "+101", until: "2025-02-02T00:00:00Z" }]) {
          for (const [limit, offset] of [[5, 0], [3, 150]] as const) {
            const query = { q, ...filter, limit, offset, order: index % 2 === 0 ? "asc" : "desc" } as const;
            assertSame(await store.list(query), await expected.list(query), JSON.stringify(query));
          }
        }
      }
    },
  },
];
