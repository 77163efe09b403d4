// Building pieces of the page. Text only ever becomes text nodes.

type Attributes = Readonly<Record<string, string | boolean>>;

/** A new element. An attribute that is `true` is set empty, one that is `false` is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** An icon of one path on a 24 × 24 field, not seen by screen readers. */
export function icon(path: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(namespace, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** Set the text of `target` if it differs: screen readers speak of every change of a live region. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** What screen readers call `target`. */
export function setLabel(target: Element, text: string): void {
  target.setAttribute("aria-label", text);
}

/** What a button without words is called, for screen readers and under the mouse. */
export function setName(button: HTMLElement, text: string): void {
  setLabel(button, text);
  button.title = text;
}

export const ICONS = {
  chat: "M12 3C6.5 3 2 6.8 2 11.5c0 2.5 1.3 4.8 3.4 6.3-.1 1-.5 2.3-1.7 3.5 2 .1 3.9-.6 5.3-1.7 1 .2 2 .4 3 .4 5.5 0 10-3.8 10-8.5S17.5 3 12 3z",
  close: "M6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12 19 6.4 17.6 5 12 10.6z",
  send: "M3.4 20.4 21 12 3.4 3.6v6.6L15 12 3.4 13.8z",
  clip: "M5 7v9a7 7 0 0 0 14 0V6a5 5 0 0 0-10 0v9a3 3 0 0 0 6 0V7h-2v8a1 1 0 0 1-2 0V6a3 3 0 0 1 6 0v10a5 5 0 0 1-10 0V7z",
  down: "M12 16.5 5 9.5l1.4-1.4L12 13.7l5.6-5.6L19 9.5z",
} as const;
