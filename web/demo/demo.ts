// The demo shop page: its words, the sentences to try, the sample orders. The chat itself is /widget.js.

import { ASK, LANGUAGES, type Language, ORDER, PAGE, PHRASES, STATES } from "./texts";
import { type SampleOrder, readOrders, sample } from "./orders";

interface Chat extends HTMLElement {
  open(): void;
  draft(text: string): void;
}

const SHOWN = 8;
/** When the list of orders cannot be fetched, these numbers of the demo shop are still worth a try. */
const KNOWN_NUMBERS = ["10001", "10006", "10007", "10009", "10012", "10013", "10024", "10028"];

const isLanguage = (tag: string | null | undefined): tag is Language => Object.hasOwn(LANGUAGES, tag ?? "");

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** The language asked for by `?lang=`; it also fixes the language of the chat. */
function asked(): Language | null {
  const tag = new URLSearchParams(location.search).get("lang");
  return isLanguage(tag) ? tag : null;
}

function preferred(): Language {
  const tags = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  return asked() ?? tags.find(isLanguage) ?? "en";
}

let language = preferred();
let orders: SampleOrder[] = KNOWN_NUMBERS.map((number) => ({ number, status: "", items: [], total: "" }));

function chat(): Chat | null {
  return document.querySelector<Chat>("grija-chat");
}

function write(text: string): void {
  chat()?.draft(text);
}

function make(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function button(className: string, onClick: () => void, ...children: (Node | string)[]): HTMLElement {
  const made = make("button", className, ...children);
  made.setAttribute("type", "button");
  made.addEventListener("click", onClick);
  return made;
}

function showLanguages(): void {
  const buttons = Object.entries(LANGUAGES).map(([tag, name]) => {
    const made = button("", () => choose(tag as Language), name);
    made.lang = tag;
    made.setAttribute("aria-pressed", String(tag === language));
    return made;
  });
  byId("languages").replaceChildren(...buttons);
}

function choose(chosen: Language): void {
  const had = (document.activeElement as HTMLElement | null)?.lang === chosen;
  language = chosen;
  history.replaceState(null, "", `?lang=${chosen}${location.hash}`);
  chat()?.setAttribute("data-lang", chosen);
  show();
  if (had) byId("languages").querySelector<HTMLElement>(`[lang="${chosen}"]`)?.focus();
}

function showWords(): void {
  const words: Readonly<Record<string, string>> = PAGE[language];
  document.documentElement.lang = language;
  for (const target of document.querySelectorAll<HTMLElement>("[data-text]")) {
    target.textContent = words[target.dataset.text ?? ""] ?? target.textContent;
  }
  byId("languages").setAttribute("aria-label", words.language ?? "");
}

/** A column of sentences for each language, the page's own language first. */
function showPhrases(): void {
  const tags = Object.keys(LANGUAGES) as Language[];
  tags.sort((a, b) => Number(b === language) - Number(a === language));
  const columns = tags.map((tag) => {
    const sentences = PHRASES[tag].map((text) => button("phrase", () => write(text), text));
    const column = make("div", "column", make("h3", "", LANGUAGES[tag]), ...sentences);
    column.lang = tag;
    return column;
  });
  byId("phrases").replaceChildren(...columns);
}

function showOrders(): void {
  const rows = orders.map(({ number, status, items, total }) => {
    const state = make("span", "state", STATES[language][status] ?? status.replaceAll("_", " "));
    state.dataset.state = status;
    const head = make("span", "number", `${ORDER[language]} `, make("b", "", number));
    const ask = button("order", () => write(ASK[language].replace("{n}", number)), head);
    if (status) ask.append(state);
    if (items.length > 0) ask.append(make("span", "items", items.join(", ")));
    if (total) ask.append(make("span", "total", total));
    return make("li", "", ask);
  });
  byId("order-list").replaceChildren(...rows);
}

function show(): void {
  showWords();
  showLanguages();
  showPhrases();
  showOrders();
}

/** The sample orders of the shop; without them the page keeps the numbers alone. */
async function fetchOrders(): Promise<void> {
  try {
    const response = await fetch("/demo/orders.json");
    const found = response.ok ? sample(readOrders(await response.json()), SHOWN) : [];
    if (found.length > 0) orders = found;
  } catch {
    return;
  }
  showOrders();
}

byId("start").addEventListener("click", () => chat()?.open());
show();
void customElements.whenDefined("grija-chat").then(() => {
  const fixed = asked();
  if (fixed) chat()?.setAttribute("data-lang", fixed);
});
void fetchOrders();
