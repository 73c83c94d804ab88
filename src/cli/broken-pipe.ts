/** Whether the reader of the output has closed it, as head does once it has enough lines. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
