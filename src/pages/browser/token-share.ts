import type { Api } from "./api.ts";
import { openChannel } from "./channel.ts";
import { ROOT } from "./root.ts";

/** Shares the token among the windows of one browser: it goes from window to window, and is not stored elsewhere. */
export interface TokenShare {
  /** The token of another window; undefined if none has one, or only the one that the service refused. */
  ask(refused: string): Promise<string | undefined>;
  /** The service has accepted this window's token: others may have it. */
  accepted(): void;
  /** Forgets it in all windows. */
  forget(): void;
}

export interface TokenShareOptions {
  readonly api: Pick<Api, "token" | "useToken">;
  /** Another window sent a token that was not asked for just now. */
  readonly onToken?: (token: string) => void;
  /** Another window has forgotten the token, and so has this one. */
  readonly onForget?: () => void;
}

type Word = { readonly kind: "ask" } | { readonly kind: "token"; readonly token: string } | { readonly kind: "forget" };

/** A window in the background responds within this time. */
const ANSWER_WITHIN_MS = 300;

/** Shares a token with the other windows of the browser. */
export function createTokenShare({ api, onToken, onForget }: TokenShareOptions): TokenShare {
  let offered = "";
  let take = onToken;

  function offer(): void {
    if (offered !== "" && offered === api.token()) channel?.post({ kind: "token", token: offered });
  }

  const channel = openChannel<Word>(`token ${ROOT}`, (word) => {
    if (word.kind === "ask") offer();
    else if (word.kind === "token") take?.(word.token);
    else {
      api.useToken("");
      onForget?.();
    }
  });

  return {
    ask(refused) {
      if (channel === undefined) return Promise.resolve(undefined);
      channel.post({ kind: "ask" });
      return new Promise((resolve) => {
        function end(token: string | undefined): void {
          take = onToken;
          resolve(token);
        }
        const timer = setTimeout(end, ANSWER_WITHIN_MS, undefined);
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
