/** An expression: what is wrong with the page for those who do not see it, as sentences. Looks at what is shown alone. */
export const ACCESSIBILITY_PROBLEMS = `(() => {
  const problems = [];
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const named = (element) => element.getAttribute("aria-label")
    || (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("").trim()
    || [...(element.labels ?? [])].map((label) => label.textContent).join("").trim();
  for (const control of shown("input, select, textarea")) if (!named(control)) problems.push("no label: " + control.outerHTML);
  for (const control of shown("button, a, summary")) if (!named(control) && !control.textContent.trim()) problems.push("no name: " + control.outerHTML);
  for (const region of shown("section, dialog, nav, [role=search], [role=group]")) if (!named(region)) problems.push("no name: " + region.outerHTML.slice(0, 80));
  for (const image of shown("svg")) if (image.getAttribute("aria-hidden") !== "true" && !(image.getAttribute("role") === "img" && named(image))) problems.push("no alternative: svg");
  for (const image of document.querySelectorAll("img:not([alt])")) problems.push("no alternative: " + image.src);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids) if (ids.filter((other) => other === id).length > 1) problems.push("twice: id " + id);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list"]) {
    for (const element of document.querySelectorAll("[" + attribute + "]")) {
      for (const id of element.getAttribute(attribute).split(" ")) if (!document.getElementById(id)) problems.push(attribute + " names nothing: " + id);
    }
  }
  for (const element of document.querySelectorAll("[tabindex]")) if (element.tabIndex > 0) problems.push("tabindex above 0: " + element.outerHTML.slice(0, 80));
  for (const element of document.querySelectorAll("button button, a a, a button, button a, button input")) problems.push("a control in a control: " + element.outerHTML);
  if (document.querySelectorAll("main").length !== 1) problems.push("not exactly one main");
  if (document.querySelectorAll("h1").length !== 1) problems.push("not exactly one h1");
  if (!document.documentElement.lang || !document.title) problems.push("no language or title");
  if (document.querySelectorAll("[role=status], [aria-live]").length === 0) problems.push("nothing tells of changes");
  let level = 0;
  for (const heading of shown("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push("heading skips a level: " + heading.textContent);
    level = next;
  }
  for (const control of shown("button, input, summary, a:not(.skip-link)")) {
    const { width, height } = control.getBoundingClientRect();
    if (width > 0 && (width < 24 || height < 24)) problems.push("smaller than 24 by 24 (WCAG 2.5.8): " + control.outerHTML.slice(0, 80));
  }
  return problems;
})()`;

/** An expression: the texts that differ from their ground by less than 4.5 : 1 (WCAG 2.2, criterion 1.4.3). */
export const CONTRAST_PROBLEMS = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], ground) => [r, g, b].map((value, index) => value * a + ground[index] * (1 - a));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    if (element === null) return [255, 255, 255];
    const colour = channels(getComputedStyle(element).backgroundColor);
    const alpha = colour[3] ?? 1;
    return alpha === 1 ? colour.slice(0, 3) : over(colour, groundOf(element.parentElement));
  };
  const problems = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    if (!own || !element.checkVisibility() || element.matches(".spoken, option, noscript, title")) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element.ownerSVGElement ? element.ownerSVGElement.parentElement : element);
    const text = over(channels(element.ownerSVGElement ? style.fill : style.color), ground);
    const [light, dark] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) problems.add(element.tagName + "." + element.className + " " + ratio.toFixed(2));
  }
  return [...problems];
})()`;
