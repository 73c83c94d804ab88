import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Row } from "./table.ts";

/** One run of the benchmarks: its sizes, its folder, and the rows of its table so far. */
export interface Bench {
  readonly root: string;
  readonly folder: string;
  /** How many rounds each comparison has. */
  readonly rounds: number;
  /** How many messages one measurement of ingest sends. */
  readonly messages: number;
  readonly rows: readonly Row[];
  note(row: Row): void;
  say(line: string): void;
  /** Returns the path of a database for each measurement: a new one, or a copy of `from`. */
  newDatabase(from?: string): string;
}

export type BenchOptions = Pick<Bench, "root" | "folder" | "rounds" | "messages">;

export function createBench(options: BenchOptions): Bench {
  const rows: Row[] = [];
  let databases = 0;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return {
    ...options,
    rows,
    say,
    note(row) {
      rows.push(row);
      say(`${row.what}: ${row.value.toFixed(2)} ${row.unit}`);
    },
    newDatabase(from) {
      databases += 1;
      const path = join(options.folder, `run-${databases}.db`);
      for (const file of from === undefined ? [] : filesOf(from)) copySynced(file, path + file.slice(from?.length));
      return path;
    },
  };
}

/** The database file and the files beside it: the index and the WAL. */
export function filesOf(database: string): readonly string[] {
  const name = basename(database);
  return readdirSync(dirname(database))
    .filter((file) => file === name || file.startsWith(`${name}-`))
    .map((file) => join(dirname(database), file));
}

/** The bytes of the database and of its index, without their WALs. */
export function databaseBytes(database: string): number {
  return [database, `${database}-index`].reduce((bytes, file) => bytes + (existsSync(file) ? statSync(file).size : 0), 0);
}

/** Writes of a copy that are still pending would delay the syncs that are measured. */
function copySynced(from: string, to: string): void {
  copyFileSync(from, to);
  const descriptor = openSync(to, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
