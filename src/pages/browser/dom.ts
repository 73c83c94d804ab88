/** The element of the page with this id; the page is broken where it is missing. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`Cannot run the page: it must have a ${type.name} with the id ${id}`);
  return element;
}
