/** Where the service is, whatever path a proxy serves it below: every module is in its folder `assets`. */
export const ROOT: string = new URL("..", import.meta.url).href;

/** Of the script itself: windows with the same one understand each other. */
export const SCRIPT: string = import.meta.url;

/** The address of a path of the service, such as `/messages?limit=1`. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\/+/, ""), ROOT).href;
}
