/** For the environment of a child process that runs sources: the folder of the Node.js compile cache, if the test run has one. */
export const COMPILE_CACHE: Readonly<Record<string, string>> = cacheOf(process.env["NODE_COMPILE_CACHE"]);

function cacheOf(folder: string | undefined): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
