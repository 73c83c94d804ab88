/** The pages for people. */
export type PageName = "inbox" | "docs";

/** What a page loads. */
export interface Asset {
  readonly contentType: string;
  readonly body: string;
}

/** The pages and what they load; none of it holds data of the service. */
export interface Site {
  /** The HTML of a page, whose links are relative; `isBelow`: its address ends with a slash. */
  page(name: PageName, options?: { readonly isBelow: boolean }): string;
  /** By a name that has the hash of the content in it; undefined where there is none of that name and content. */
  asset(name: string): Asset | undefined;
}
