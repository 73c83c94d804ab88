/** What the inbox page adds to the style of all pages. */
export const INBOX_STYLE = `
`;
