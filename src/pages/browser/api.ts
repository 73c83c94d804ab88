import { addressOf } from "./root.ts";

/** The outcome of a request. */
export type ApiResponse<T> =
  | { readonly kind: "ok"; readonly value: T }
  /** The token is missing or wrong. */
  | { readonly kind: "unauthorized" }
  /** `isRetryable`: the same request may succeed later. */
  | { readonly kind: "failed"; readonly message: string; readonly isRetryable: boolean }
  /** The caller needs no response. */
  | { readonly kind: "aborted" };

/** The service's API with the reader's token, which is kept until the browser's tab is closed. */
export interface Api {
  get<T>(path: string, signal: AbortSignal): Promise<ApiResponse<T>>;
  /** A response whose body is read while it arrives; rejects if there is no response. */
  open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
  hasToken(): boolean;
  /** An empty string if there is none. */
  token(): string;
  /** An empty string means no token. */
  useToken(token: string): void;
}

const TOKEN_KEY = "webhook-inbox.token";

/** The API of the service that served this page. */
export function createApi(): Api {
  let token = sessionStorage.getItem(TOKEN_KEY) ?? "";

  function open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const authorization: Readonly<Record<string, string>> = token === "" ? {} : { Authorization: `Bearer ${token}` };
    return fetch(addressOf(path), { headers: { ...headers, ...authorization }, signal, cache: "no-store" });
  }

  return {
    open,
    async get(path, signal) {
      const used = token;
      try {
        const response = await open(path, { Accept: "application/json" }, signal);
        // If the token has changed meanwhile, the refusal is only about the earlier one.
        if (response.status === 401) return { kind: used === token ? "unauthorized" : "aborted" };
        if (!response.ok) {
          return { kind: "failed", message: await readReason(response), isRetryable: response.status >= 500 || response.status === 429 };
        }
        return { kind: "ok", value: await response.json() };
      } catch {
        return signal.aborted ? { kind: "aborted" } : { kind: "failed", message: "The service cannot be reached", isRetryable: true };
      }
    },
    hasToken: () => token !== "",
    token: () => token,
    useToken(given) {
      token = given;
      if (given === "") sessionStorage.removeItem(TOKEN_KEY);
      else sessionStorage.setItem(TOKEN_KEY, given);
    },
  };
}

interface ErrorBody {
  readonly detail?: string | readonly { readonly loc: readonly string[]; readonly msg: string }[];
}

/** The `detail` of an error, as text. */
export async function readReason(response: Response): Promise<string> {
  const { detail }: ErrorBody = await response.json().catch(() => ({}));
  if (typeof detail === "string") return detail;
  if (detail === undefined) return `The service responded with ${response.status}`;
  return detail.map(({ loc, msg }) => `${loc.at(-1) ?? ""}: ${msg}`).join("; ");
}
