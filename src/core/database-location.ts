/** Where the messages are kept. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** A file, or a database in memory that is lost when the process ends. */
export type SqliteLocation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "memory" };

export interface PostgresLocation {
  readonly kind: "postgres";
  /** Includes the password: never show it. */
  readonly url: string;
}
