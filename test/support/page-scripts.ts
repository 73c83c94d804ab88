/**
 * Functions for `evaluate` and `until` of a page. Each runs in the browser from its own text: it cannot call others of this file.
 * Unless stated otherwise, a selector means the first element that matches.
 */

/** Whether the inbox has settled: the list is shown, the stream is open, the charts are drawn. */
export function isReady(): boolean {
  return document.querySelector("#rows")?.getAttribute("aria-busy") === "false"
    && document.querySelector<HTMLElement>("#live")?.dataset["state"] === "live"
    && document.querySelector("#total-messages")?.textContent !== "–";
}

/** The texts of all elements that match. */
export function textsOf(selector: string): readonly (string | null)[] {
  return [...document.querySelectorAll(selector)].map((element) => element.textContent);
}

export function textOf(selector: string): string | null | undefined {
  return document.querySelector(selector)?.textContent;
}

export function hasText(selector: string, text: string): boolean {
  return document.querySelector(selector)?.textContent === text;
}

export function countOf(selector: string): number {
  return document.querySelectorAll(selector).length;
}

/** The texts of the rows, joined by `|`. */
export function rowTexts(): string {
  return [...document.querySelectorAll("#rows .text")].map((element) => element.textContent).join("|");
}

export function rowsAre(texts: string): boolean {
  return [...document.querySelectorAll("#rows .text")].map((element) => element.textContent).join("|") === texts;
}

export function isHidden(selector: string): boolean {
  return document.querySelector<HTMLElement>(selector)?.hidden === true;
}

export function isShown(selector: string): boolean {
  return document.querySelector<HTMLElement>(selector)?.hidden === false;
}

/** Whether a dialog or a disclosure is open. */
export function isOpen(selector: string): boolean {
  return document.querySelector<HTMLDialogElement | HTMLDetailsElement>(selector)?.open === true;
}

export function isVisible(selector: string): boolean {
  return document.querySelector(selector)?.checkVisibility() === true;
}

export function valueOf(selector: string): string | undefined {
  return document.querySelector<HTMLInputElement>(selector)?.value;
}

export function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Clicks by script, so the pointer does not move. */
export function clickOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.click();
}

/** Opens all disclosures. */
export function openDetails(): void {
  for (const details of document.querySelectorAll("details")) details.open = true;
}

/** The state of the stream: `connecting`, `live`, `waiting`, `paused` or `unavailable`. */
export function isStream(state: string): boolean {
  return document.querySelector<HTMLElement>("#live")?.dataset["state"] === state;
}

export function scrollDownTo(top: number): void {
  scrollTo({ top, behavior: "instant" });
}

export function search(): string {
  return location.search;
}
