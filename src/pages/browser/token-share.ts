import type { Api } from "./api.ts";
import { openChannel } from "./channel.ts";
import { ROOT } from "./root.ts";

/** Shares the token among the windows of one browser: it goes from window to window, and is not stored elsewhere. */
export interface TokenShare {
  /** The token of another window; undefined if no window has a token other than the refused one. */
  request(refused: string): Promise<string | undefined>;
  /** The service has accepted this window's token: other windows may use it. */
  accepted(): void;
  /** Forgets it in all windows. */
  forget(): void;
}

export interface TokenShareOptions {
  readonly api: Pick<Api, "token" | "useToken">;
  /** Another window sent a token that this window has not requested. */
  readonly onToken?: (token: string) => void;
  /** Another window has forgotten the token, and so has this one. */
  readonly onForget?: () => void;
}

type TokenMessage = { readonly kind: "ask" } | { readonly kind: "token"; readonly token: string } | { readonly kind: "forget" };

/** A window in the background responds within this time. */
const RESPOND_WITHIN_MS = 300;

/** Shares a token with the other windows of the browser. */
export function createTokenShare({ api, onToken, onForget }: TokenShareOptions): TokenShare {
  let offered = "";
  let take = onToken;

  function offer(): void {
    if (offered !== "" && offered === api.token()) channel?.post({ kind: "token", token: offered });
  }

  const channel = openChannel<TokenMessage>(`token ${ROOT}`, (message) => {
    if (message.kind === "ask") offer();
    else if (message.kind === "token") take?.(message.token);
    else {
      api.useToken("");
      onForget?.();
    }
  });

  return {
    request(refused) {
      if (channel === undefined) return Promise.resolve(undefined);
      channel.post({ kind: "ask" });
      return new Promise((resolve) => {
        function end(token: string | undefined): void {
          take = onToken;
          resolve(token);
        }
        const timer = setTimeout(end, RESPOND_WITHIN_MS, undefined);
        take = (token) => {
          if (token === refused) return;
          clearTimeout(timer);
          end(token);
        };
      });
    },
    accepted() {
      if (offered === api.token()) return;
      offered = api.token();
      offer();
    },
    forget() {
      api.useToken("");
      channel?.post({ kind: "forget" });
    },
  };
}
