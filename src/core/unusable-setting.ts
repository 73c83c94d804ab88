/** A setting that cannot be used here. The message is one line that begins with the variable's name. */
export class UnusableSetting extends Error {
  override name = "UnusableSetting";
  /** Whether the same setting may work later, e.g. once another process has released the port. */
  readonly temporary: boolean;

  /** @param problem - the required state, and the actual one; it follows the name and a colon. */
  constructor(variable: string, problem: string, options: ErrorOptions & { readonly temporary?: boolean } = {}) {
    super(`${variable}: ${problem}`, options);
    this.temporary = options.temporary ?? false;
  }
}
