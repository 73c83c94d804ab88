/** The active HMAC keys, each used as its UTF-8 bytes; none is empty. */
export interface Secrets {
  readonly current: string;
  /** Accepted as well while senders move to the current one. */
  readonly previous: readonly string[];
}
