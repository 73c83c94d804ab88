/** The address of the service, below any path at which a proxy serves it: every script is in its folder `assets`. */
export const ROOT: string = new URL("..", import.meta.url).href;

/** The script's own address: windows with the same script use the same messages. */
export const SCRIPT: string = import.meta.url;

/** The address of a path of the service, such as `/messages?limit=1`. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\/+/, ""), ROOT).href;
}
