/** Where the service is, whatever path a proxy serves it below: every module is in its folder `assets`. */
const ROOT = new URL("..", import.meta.url);

/** The address of a path of the service, such as `/messages?limit=1`. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\/+/, ""), ROOT).href;
}
