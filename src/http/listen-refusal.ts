import { UnusableSetting } from "../core/unusable-setting.ts";

type Variable = "HOST" | "PORT";

/** What the operator must do about the errors of `listen` (man 2 bind, man 3 getaddrinfo). */
const REFUSALS: Readonly<Record<string, readonly [variable: Variable, problem: string, temporary?: "temporary"]>> = {
  ENOTFOUND: ["HOST", "must be an IP address, or a name that can be resolved"],
  EAI_AGAIN: ["HOST", "must be an IP address, or a name that can be resolved: no name server responded", "temporary"],
  EADDRNOTAVAIL: ["HOST", "must be an address of this machine; 0.0.0.0 and :: stand for all its addresses"],
  EAFNOSUPPORT: ["HOST", "must be an address of a family, IPv4 or IPv6, that this machine supports"],
  EINVAL: ["HOST", "must be an address of this machine; a link-local one needs its interface, such as fe80::1%eth0"],
  EADDRINUSE: ["PORT", "must be free: another process listens on it", "temporary"],
  EACCES: ["PORT", "must be a port that this user may listen on, usually 1024 or higher"],
};

/** Returns other errors unchanged. */
export function explainListenError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  const [variable, problem, temporary] = REFUSALS[code] ?? [];
  if (variable === undefined) return error;
  return new UnusableSetting(variable, `${problem} (${code})`, { cause: error, temporary: temporary !== undefined });
}
