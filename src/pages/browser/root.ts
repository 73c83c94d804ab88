/** The address of the service, under whatever path a proxy serves it: every module is in its folder `assets`. */
export const ROOT: string = new URL("..", import.meta.url).href;

/** The script's own address: windows with the same script understand each other. */
export const SCRIPT: string = import.meta.url;

/** The address of a path of the service, such as `/messages?limit=1`. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\/+/, ""), ROOT).href;
}
