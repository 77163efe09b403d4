// Defining the element, and adding it to the page that embeds our script.

import { GrijaChat } from "./element";

export const TAG = "grija-chat";
const HANDED_ON = ["site", "lang", "title", "color", "server", "open", "theme"];

/** Define <grija-chat>, unless a second copy of the script did so already. */
export function define(): void {
  if (!customElements.get(TAG)) customElements.define(TAG, GrijaChat);
}

/** Add the element with the attributes of `script`, once a page, as soon as there is a body. */
export function embed(script: HTMLScriptElement): void {
  if (!document.body) {
    document.addEventListener("DOMContentLoaded", () => embed(script), { once: true });
    return;
  }
  if (document.querySelector(TAG)) return;
  const chat = document.createElement(TAG);
  chat.dataset.server = new URL(script.src, document.baseURI).origin;
  for (const name of HANDED_ON) {
    const value = script.dataset[name];
    if (value !== undefined) chat.dataset[name] = value;
  }
  document.body.append(chat);
}
