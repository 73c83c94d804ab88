/** The pages for people. */
export type PageName = "inbox" | "docs";

/** A file that a page loads. */
export interface Asset {
  readonly contentType: string;
  readonly body: string;
}

/** The pages and the files that they load. They contain no data of the service. */
export interface Site {
  /** The HTML of a page, with relative links. `isBelow`: the page's address ends with a slash. */
  page(name: PageName, options?: { readonly isBelow: boolean }): string;
  /** By a name that contains the hash of the content; undefined if no asset has this name. */
  asset(name: string): Asset | undefined;
}
