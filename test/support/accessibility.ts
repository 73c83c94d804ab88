/** Runs in the page. The accessibility problems of the elements that are shown, as sentences. */
export function accessibilityProblems(): readonly string[] {
  const problems: string[] = [];
  const shown = <E extends Element>(selector: string): readonly E[] => [...document.querySelectorAll<E>(selector)].filter((element) => element.checkVisibility());
  const startOf = (element: Element): string => element.outerHTML.slice(0, 80);
  const labelled = (element: Element): string => {
    const ids = (element.getAttribute("aria-labelledby") ?? "").split(" ");
    const labels = "labels" in element ? [...Object(element).labels ?? []] : [];
    return element.getAttribute("aria-label")
      || ids.map((id) => document.getElementById(id)?.textContent ?? "").join("").trim()
      || labels.map((label) => label.textContent).join("").trim();
  };
  for (const control of shown("input, select, textarea")) if (labelled(control) === "") problems.push(`no label: ${control.outerHTML}`);
  for (const control of shown("button, a, summary")) {
    if (labelled(control) === "" && control.textContent?.trim() === "") problems.push(`no name: ${control.outerHTML}`);
  }
  for (const region of shown("section, dialog, nav, [role=search], [role=group]")) if (labelled(region) === "") problems.push(`no name: ${startOf(region)}`);
  for (const image of shown("svg")) {
    const isNamed = image.getAttribute("role") === "img" && labelled(image) !== "";
    if (image.getAttribute("aria-hidden") !== "true" && !isNamed) problems.push("no alternative: svg");
  }
  for (const image of document.querySelectorAll("img:not([alt])")) problems.push(`no alternative: ${startOf(image)}`);

  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids) if (ids.filter((other) => other === id).length > 1) problems.push(`duplicate id: ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute)?.split(" ") ?? []) if (!ids.includes(id)) problems.push(`${attribute} names nothing: ${id}`);
    }
  }
  for (const element of document.querySelectorAll<HTMLElement>("[tabindex]")) if (element.tabIndex > 0) problems.push(`tabindex above 0: ${startOf(element)}`);
  for (const element of document.querySelectorAll("button button, a a, a button, button a, button input")) problems.push(`a control inside a control: ${element.outerHTML}`);

  for (const only of ["main", "h1"]) if (document.querySelectorAll(only).length !== 1) problems.push(`not exactly one ${only}`);
  if (document.documentElement.lang === "" || document.title === "") problems.push("no language or title");
  if (document.querySelector("[role=status], [aria-live]") === null) problems.push("no live region announces changes");
  let level = 0;
  for (const heading of shown("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`heading skips a level: ${heading.textContent}`);
    level = next;
  }
  for (const control of shown("button, input, summary, a:not(.skip-link)")) {
    const { width, height } = control.getBoundingClientRect();
    if (width > 0 && (width < 24 || height < 24)) problems.push(`smaller than 24 by 24 (WCAG 2.5.8): ${startOf(control)}`);
  }
  return problems;
}

/** Runs in the page. The texts whose contrast with their background is below 4.5 : 1 (WCAG 2.2, criterion 1.4.3). */
export function contrastProblems(): readonly string[] {
  const channels = (colour: string): readonly number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const over = ([r = 0, g = 0, b = 0, a = 1]: readonly number[], background: readonly number[]): readonly number[] =>
    [r, g, b].map((value, index) => value * a + (background[index] ?? 0) * (1 - a));
  const luminance = (rgb: readonly number[]): number => {
    const [r = 0, g = 0, b = 0] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element: Element | null): readonly number[] => {
    if (element === null) return [255, 255, 255];
    const colour = channels(getComputedStyle(element).backgroundColor);
    return (colour[3] ?? 1) === 1 ? colour.slice(0, 3) : over(colour, backgroundOf(element.parentElement));
  };
  const problems = new Set<string>();
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== "");
    if (!hasText || !element.checkVisibility() || element.matches(".spoken, option, noscript, title")) continue;
    const style = getComputedStyle(element);
    const drawing = element instanceof SVGElement ? element.ownerSVGElement : null;
    const background = backgroundOf(drawing === null ? element : drawing.parentElement);
    const [light = 0, dark = 0] = [luminance(over(channels(drawing === null ? style.color : style.fill), background)), luminance(background)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) problems.add(`${element.tagName}.${element.getAttribute("class")} ${ratio.toFixed(2)}`);
  }
  return [...problems];
}
