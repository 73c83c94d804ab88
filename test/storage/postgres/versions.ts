/** The statements that undo the upgrade from each version to the next one. */
const UNDO: readonly (readonly string[])[] = [
  [],
  ["ALTER TABLE inbox_state DROP COLUMN generation", "DROP TABLE former_generations"],
  [
    "ALTER TABLE messages DROP COLUMN long_id, DROP COLUMN long_from",
    "ALTER TABLE removed_messages DROP COLUMN long_id",
    "ALTER TABLE inbox_state DROP COLUMN compatible_version",
  ],
];

/** The statements that turn a database of the current schema version into one of an older version. */
export function backTo(version: number): readonly string[] {
  return [...UNDO.slice(version).toReversed().flat(), `UPDATE inbox_state SET version = ${version}`];
}
