/** The DOM, written as it nests. */
type Child = Node | string;
type Properties<Name extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[Name], "style">>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties<Name> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A control with its name beside it. */
export const labelled = (text: string, control: HTMLElement): HTMLLabelElement =>
  element("label", {}, element("span", { textContent: text }), control);
