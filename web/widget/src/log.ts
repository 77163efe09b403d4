// The list of messages.

import { ICONS, element, icon, setLabel, setText } from "./dom";
import { linkPieces } from "./links";
import type { Author, Button } from "./protocol";
import type { Texts } from "./texts";
import type { Entry } from "./timeline";
import { longTime, shortTime } from "./times";

/** Messages of one author closer than this stand under one name and time. */
const GROUP_WITHIN = 5 * 60_000;
const NEAR_BOTTOM = 60;

export interface LogTexts {
  readonly texts: Texts;
  readonly locale: string;
  /** Says whether messages not sent yet are on their way or wait for a connection. */
  readonly connected: boolean;
}

/** How an author is called. */
export function nameOf(author: Author, texts: Texts): string {
  if (author.kind === "customer") return texts.you;
  if (author.kind === "system") return author.name;
  return author.name || (author.kind === "agent" ? texts.person : texts.assistant);
}

/** A size in bytes as people say it. */
export function bytes(size: number): string {
  return size < 2 ** 20 ? `${Math.ceil(size / 1024)} KB` : `${(size / 2 ** 20).toFixed(1)} MB`;
}

function sameGroup(above: Entry | undefined, entry: Entry): boolean {
  if (!above || above.author.kind !== entry.author.kind || above.author.name !== entry.author.name) return false;
  return !(Math.abs(entry.at - above.at) > GROUP_WITHIN);
}

class MessageNode {
  readonly root: HTMLElement;
  readonly #who = element("bdi", { class: "who" });
  readonly #time = element("time");
  readonly #bubble = element("div", { class: "bubble", dir: "auto" });
  readonly #mark = element("div", { class: "mark" });
  readonly #choices = element("div", { class: "choices" });
  #text: string | null = null;
  #offered = "";

  constructor(private readonly onPress: (button: Button, event: MouseEvent) => void) {
    const head = element("div", { class: "head" }, this.#who, " ", this.#time);
    this.root = element("div", {}, head, this.#bubble, this.#mark, this.#choices);
  }

  update(entry: Entry, first: boolean, open: boolean, words: LogTexts): void {
    const { texts, locale } = words;
    const unsent = entry.state === "pending" && !words.connected;
    this.root.className = ["message", entry.author.kind, entry.state, first && "first", unsent && "unsent"]
      .filter(Boolean)
      .join(" ");
    setText(this.#who, nameOf(entry.author, texts));
    setText(this.#time, shortTime(entry.at, Date.now(), locale));
    this.#time.title = longTime(entry.at, locale);
    if (!Number.isNaN(entry.at)) this.#time.dateTime = new Date(entry.at).toISOString();
    if (this.#text !== entry.text) this.#write(entry, texts);
    const pending = unsent ? texts.unsent : texts.pending;
    setText(this.#mark, { sent: "", pending, failed: texts.failed }[entry.state]);
    this.#offer(entry.buttons, open);
  }

  #write(entry: Entry, texts: Texts): void {
    this.#text = entry.text;
    const linked = entry.author.kind === "bot" || entry.author.kind === "agent";
    const pieces = linked ? linkPieces(entry.text) : [{ text: entry.text, href: null }];
    const files = entry.attachments.map(({ name, size }) =>
      element("div", { class: "file" }, icon(ICONS.clip), element("bdi", {}, name), size ? ` ${bytes(size)}` : ""),
    );
    this.#bubble.replaceChildren(
      ...files,
      ...pieces.map(({ text, href }) =>
        href
          ? element("a", { href, target: "_blank", rel: "noopener nofollow", title: texts.newTab }, text)
          : document.createTextNode(text),
      ),
    );
  }

  #offer(buttons: readonly Button[], open: boolean): void {
    const offered = JSON.stringify(buttons);
    if (this.#offered !== offered) {
      this.#offered = offered;
      this.#choices.replaceChildren(
        ...buttons.map((button) => {
          const made = element("button", { type: "button", dir: "auto" }, button.title);
          made.addEventListener("click", (event) => this.#press(button, event));
          return made;
        }),
      );
    }
    this.#enable(open);
  }

  /** Dead at once, not with the next drawing: a double click is one answer. */
  #press(button: Button, event: MouseEvent): void {
    this.#enable(false);
    this.onPress(button, event);
  }

  #enable(open: boolean): void {
    for (const made of this.#choices.children) (made as HTMLButtonElement).disabled = !open;
  }
}

export class Log {
  readonly root: HTMLElement;
  readonly #intro = element("p", { class: "intro" });
  readonly #list = element("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" });
  readonly #newest = element("button", { type: "button", class: "newest", hidden: true });
  readonly #nodes = new Map<string, MessageNode>();
  #lastKey: string | null = null;
  /** Whether the customer reads the end of the list; then the end stays in sight whatever grows or shrinks. */
  #atEnd = true;

  constructor(private readonly onPress: (button: Button, event: MouseEvent) => void) {
    this.root = element("div", { class: "scroll" }, this.#list, this.#newest);
    this.#list.addEventListener("scroll", () => this.#scrolled());
    new ResizeObserver(() => this.#atEnd && this.toBottom()).observe(this.#list);
    this.#newest.addEventListener("click", () => this.toBottom());
  }

  /** Show `entries`; `busy` while older messages are replayed, which are not read aloud. */
  update(entries: readonly Entry[], busy: boolean, words: LogTexts): void {
    setLabel(this.#list, words.texts.log);
    this.#list.setAttribute("aria-busy", String(busy));
    setText(this.#intro, words.texts.intro);
    this.#newest.replaceChildren(icon(ICONS.down), words.texts.newest);
    this.#place(entries, words);
    const last = entries.at(-1);
    const grown = last !== undefined && last.key !== this.#lastKey;
    this.#lastKey = last?.key ?? null;
    if (this.#atEnd || (grown && last.author.kind === "customer" && last.state === "pending")) this.toBottom();
    else if (grown) this.#newest.hidden = false;
  }

  toBottom(): void {
    this.#atEnd = true;
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#newest.hidden = true;
  }

  /** Forget the built nodes: their words are of another language. */
  clear(): void {
    this.#nodes.clear();
    this.#list.replaceChildren();
  }

  #place(entries: readonly Entry[], words: LogTexts): void {
    const said = entries.map(({ author, state }) => author.kind === "customer" && state !== "failed");
    const lastSaid = said.lastIndexOf(true);
    const roots: Element[] = entries.length === 0 ? [this.#intro] : [];
    entries.forEach((entry, index) => {
      const node = this.#nodes.get(entry.key) ?? new MessageNode(this.onPress);
      this.#nodes.set(entry.key, node);
      node.update(entry, !sameGroup(entries[index - 1], entry), index > lastSaid, words);
      roots.push(node.root);
    });
    const keys = new Set(entries.map(({ key }) => key));
    for (const key of this.#nodes.keys()) if (!keys.has(key)) this.#nodes.delete(key);
    this.#arrange(roots);
  }

  /** Make `roots` the children of the list, moving only what is not in its place (focus stays where it is). */
  #arrange(roots: readonly Element[]): void {
    const wanted = new Set(roots);
    for (const child of [...this.#list.children]) if (!wanted.has(child)) child.remove();
    roots.forEach((root, index) => {
      const there = this.#list.children[index] ?? null;
      if (there !== root) this.#list.insertBefore(root, there);
    });
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    if (this.#atEnd) this.#newest.hidden = true;
  }
}
