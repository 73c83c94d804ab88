/** What must be true of a file, by the code of the system's error (`man 2 open`). */
const RULES: Readonly<Record<string, string>> = {
  ENOENT: "it and its folder must exist",
  EISDIR: "it must be a file, not a folder",
  ENOTDIR: "it must be in a folder, not in a file",
  EACCES: "this user must have permission",
  EPERM: "this user must have permission",
  EROFS: "its file system must be writable",
};

/** The message of an error. For a system error on a file, it states the rule that the file breaks, if there is one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const rule = "code" in error && typeof error.code === "string" ? RULES[error.code] : undefined;
  if (rule === undefined || !("syscall" in error)) return error.message;
  return `Cannot ${error.syscall} ${"path" in error ? error.path : "the file"}: ${rule}`;
}
