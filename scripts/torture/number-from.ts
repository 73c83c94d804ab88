/**
 * A whole number of at least 1 from the environment, which includes `make` variables from the command line; `unset` if there is
 * none. Ends the process with status 2 if the value is not such a number.
 */
export function numberFrom(name: string, unset: number): number {
  const value = Number(process.env[name] || unset);
  if (!Number.isSafeInteger(value) || value < 1) {
    process.stderr.write(`Cannot run: ${name} must be a whole number from 1\n`);
    process.exit(2);
  }
  return value;
}
