/** For the environment of a child process that runs sources: where Node.js keeps what it made of them, if the test run has such a place. */
export const COMPILE_CACHE: Readonly<Record<string, string>> = cacheOf(process.env["NODE_COMPILE_CACHE"]);

function cacheOf(folder: string | undefined): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
